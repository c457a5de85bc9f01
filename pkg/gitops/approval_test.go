package gitops

import (
	"strings"
	"testing"
)

func del(environment, object string) Deletion {
	return Deletion{Environment: environment, Deployment: "greet", Object: object}
}

var us = Owner{Project: "3k9x0q", Source: source}

func TestATokenApprovesASubsetAndNothingElse(t *testing.T) {
	t.Parallel()
	a, b, c := del("prod", "/ConfigMap/ml/a"), del("prod", "/ConfigMap/ml/b"), del("prod", "/ConfigMap/ml/c")
	approved, err := ParseApprovals(token(us, []Deletion{b, a, a}))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := a
	elsewhere.File, elsewhere.Deployment = "moved/a.yaml", "renamed"
	for situation, d := range map[string]struct {
		owner Owner
		Deletion
		want bool
	}{
		"one of them":                      {us, a, true},
		"the other":                        {us, b, true},
		"one of them in another file":      {us, elsewhere, true},
		"an object that is not among them": {us, c, false},
		"another environment":              {us, del("dev", a.Object), false},
		"another project":                  {Owner{Project: "other", Source: source}, a, false},
		"a copy of the project":            {Owner{Project: us.Project, Source: "git.example.com/fork"}, a, false},
	} {
		if got := approved[markOf(d.owner, d.Deletion)]; got != d.want {
			t.Errorf("%s: approved is %v, want %v", situation, got, d.want)
		}
	}
}

func TestATokenIsOneWordThatDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	a, b := del("prod", "/ConfigMap/ml/a"), del("prod", "/ConfigMap/ml/b")
	got := token(us, []Deletion{a, b})
	wantDiff(t, got, token(us, []Deletion{b, a, b}))
	wantDiff(t, "d16k72uqitsne3qqin", got)
	if strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		t.Errorf("token %q, want letters and digits", got)
	}
}

func TestOnlyWholeTokensAreRead(t *testing.T) {
	t.Parallel()
	one := token(us, []Deletion{del("prod", "/ConfigMap/ml/a")})
	two := token(us, []Deletion{del("prod", "/ConfigMap/ml/b"), del("prod", "/ConfigMap/ml/c")})
	for text, want := range map[string]int{
		"":                           0,
		" \n":                        0,
		one:                          1,
		two:                          2,
		one + "," + two:              3,
		" " + one + "\n" + two + " ": 3,
		token(us, nil):               0,
	} {
		if got, err := ParseApprovals(text); err != nil || len(got) != want {
			t.Errorf("%q: got %d approvals and error %v, want %d", text, len(got), err, want)
		}
	}
	for _, text := range []string{"yes", "d1", one[:len(one)-1], one + "a", two[:len(two)-markLength], "d2" + one[2:],
		strings.ToUpper(one), one + two, one + " yes", strings.Repeat("x", 1000)} {
		_, err := ParseApprovals(text)
		if err == nil || len(err.Error()) > 200 {
			t.Errorf("%q: error is %v, want a short one", text, err)
		}
	}
}

func TestTrailersAreFoundOnAnyLine(t *testing.T) {
	t.Parallel()
	got := ApprovalTrailers("Drop churn (#7)\n\n* drop it\n\nApprove-Deletions: d1one\nwe said Approve-Deletions: d1no\n" +
		"\nCo-authored-by: Ada\napprove-deletions :  d1two \n")
	wantDiff(t, []string{"d1one", "d1two"}, got)
}
