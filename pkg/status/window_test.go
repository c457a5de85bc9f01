package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestSyncWindowsCloseAndOpenAsInArgoCD(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		moment, err := time.Parse("2006-01-02 15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	window := func(kind, schedule, duration string, more ...any) any {
		w := map[string]any{"kind": kind, "schedule": schedule, "duration": duration, "applications": []any{"*"}}
		for i := 0; i < len(more); i += 2 {
			w[more[i].(string)] = more[i+1]
		}
		return w
	}
	tests := map[string]struct {
		windows []any
		now     string
		closed  bool
		manual  bool
		opens   string
	}{
		"no window":                              {nil, "2026-03-04 10:00:00", false, false, ""},
		"a deny window before it begins":         {[]any{window("deny", "0 9 * * *", "3h")}, "2026-03-04 08:59:59", false, false, ""},
		"a deny window while it lasts":           {[]any{window("deny", "0 9 * * *", "3h")}, "2026-03-04 11:59:59", true, false, "2026-03-04 12:00:00"},
		"a deny window when it has ended":        {[]any{window("deny", "0 9 * * *", "3h")}, "2026-03-04 12:00:00", false, false, ""},
		"a deny window that allows by hand":      {[]any{window("deny", "0 9 * * *", "3h", "manualSync", true)}, "2026-03-04 10:00:00", true, true, "2026-03-04 12:00:00"},
		"an allow window while it lasts":         {[]any{window("allow", "0 22 * * *", "4h")}, "2026-03-05 01:59:00", false, false, ""},
		"an allow window before it begins":       {[]any{window("allow", "0 22 * * *", "4h")}, "2026-03-04 12:00:00", true, false, "2026-03-04 22:00:00"},
		"one allow window of two is enough":      {[]any{window("allow", "0 22 * * *", "4h"), window("allow", "0 8 * * *", "8h")}, "2026-03-04 12:00:00", false, false, ""},
		"deny goes before allow":                 {[]any{window("allow", "0 8 * * *", "8h"), window("deny", "0 12 * * *", "1h")}, "2026-03-04 12:30:00", true, false, "2026-03-04 13:00:00"},
		"allow begins while deny lasts":          {[]any{window("allow", "0 12 * * *", "1h"), window("deny", "0 11 * * *", "3h")}, "2026-03-04 11:30:00", true, false, ""},
		"deny windows one after the other":       {[]any{window("deny", "0 9 * * *", "2h"), window("deny", "0 10 * * *", "4h")}, "2026-03-04 09:30:00", true, false, "2026-03-04 14:00:00"},
		"by hand must be allowed by all":         {[]any{window("deny", "0 9 * * *", "3h", "manualSync", true), window("deny", "0 9 * * *", "2h")}, "2026-03-04 10:00:00", true, false, "2026-03-04 12:00:00"},
		"weekends":                               {[]any{window("deny", "0 0 * * 6", "48h")}, "2026-03-07 10:00:00", true, false, "2026-03-09 00:00:00"},
		"a time zone":                            {[]any{window("deny", "0 9 * * *", "3h", "timeZone", "Asia/Tokyo")}, "2026-03-04 01:30:00", true, false, "2026-03-04 03:00:00"},
		"a time zone that nobody knows is UTC":   {[]any{window("deny", "0 9 * * *", "3h", "timeZone", "Mars/Olympus")}, "2026-03-04 10:00:00", true, false, "2026-03-04 12:00:00"},
		"a deny window that never ends":          {[]any{window("deny", "* * * * *", "1h")}, "2026-03-04 10:00:00", true, false, ""},
		"an allow window on one day of the year": {[]any{window("allow", "0 0 24 12 *", "1h")}, "2026-03-04 10:00:00", true, false, "2026-12-24 00:00:00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"syncWindows": test.windows}}}
			windows, err := windowsFor(project, "web", fields{"namespace": "shop"})
			if err != nil {
				t.Fatal(err)
			}
			now := at(test.now)
			closed := windows.closed(now)
			if (closed != nil) != test.closed {
				t.Fatalf("closed is %+v, want %v", closed, test.closed)
			}
			if closed == nil {
				return
			}
			opens := ""
			if at := windows.opens(now); !at.IsZero() {
				opens = at.Format("2006-01-02 15:04:05")
			}
			if diff := cmp.Diff([]any{test.manual, test.opens}, []any{closed.manual, opens}); diff != "" {
				t.Errorf("manual and opening (-want +got):\n%s", diff)
			}
			if end := windows.opens(now); !end.IsZero() && windows.closed(end.Add(time.Second)) != nil {
				t.Errorf("it is still closed at %s", end)
			}
		})
	}
}

func TestSyncWindowsAreAboutSomeApplications(t *testing.T) {
	t.Parallel()
	list := func(values ...any) []any { return values }
	destination := fields{"server": "https://kubernetes.default.svc", "namespace": "shop"}
	tests := map[string]struct {
		window fields
		to     fields
		want   bool
	}{
		"no list":                              {fields{}, destination, false},
		"an application":                       {fields{"applications": list("api", "web-*")}, destination, true},
		"another application":                  {fields{"applications": list("api")}, destination, false},
		"a namespace":                          {fields{"applications": list("api"), "namespaces": list("shop")}, destination, true},
		"an empty namespace":                   {fields{"namespaces": list("*")}, fields{"name": "in-cluster"}, true},
		"a cluster by server":                  {fields{"clusters": list("https://*.default.svc")}, destination, true},
		"a cluster by name":                    {fields{"clusters": list("prod-{eu,us}")}, fields{"name": "prod-eu"}, true},
		"a cluster of another name":            {fields{"clusters": list("prod-{eu,us}")}, fields{"name": "prod-ap"}, false},
		"no name is not any name":              {fields{"clusters": list("prod*")}, fields{"server": "https://x"}, false},
		"and: both":                            {fields{"andOperator": true, "applications": list("web*"), "namespaces": list("shop")}, destination, true},
		"and: only one":                        {fields{"andOperator": true, "applications": list("web*"), "namespaces": list("bank")}, destination, false},
		"and: the first fails":                 {fields{"andOperator": true, "applications": list("api"), "namespaces": list("shop")}, destination, false},
		"and: one list alone":                  {fields{"andOperator": true, "applications": list("web*")}, destination, true},
		"a star matches slashes":               {fields{"clusters": list("https*")}, destination, true},
		"a class":                              {fields{"applications": list("[!a-v]eb-?")}, destination, true},
		"a class that does not match":          {fields{"applications": list("[a-v]eb-?")}, destination, false},
		"a point is a point":                   {fields{"clusters": list("https://kubernetesXdefault.svc")}, destination, false},
		"a pattern that cannot be read is not": {fields{"applications": list("[")}, destination, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := windowMatches(test.window, "web-1", test.to); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSyncWindowsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	for _, w := range []map[string]any{
		{"kind": "allow", "schedule": "* * *", "duration": "1h", "applications": []any{"*"}},
		{"kind": "allow", "schedule": "* * * * *", "duration": "1 hour", "applications": []any{"*"}},
		{"kind": "allow", "applications": []any{"*"}},
	} {
		project := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"syncWindows": []any{w}}}}
		if _, err := windowsFor(project, "web", fields{}); err == nil {
			t.Errorf("%v is taken for a window", w)
		}
		w["applications"] = []any{"api"}
		if _, err := windowsFor(project, "web", fields{}); err != nil {
			t.Errorf("a window of another application matters: %v", err)
		}
	}
}
