package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/pkg/settings"
)

func newSettings(env *Env) *cobra.Command {
	var (
		flags   inputFlags
		output  string
		compare string
	)
	cmd := &cobra.Command{
		Use:   "settings [NAME...]",
		Short: "Show resolved settings, and the file and line that set each value",
		Example: `  lading settings greet --env prod                    # every value and where it comes from
  lading settings greet --env dev --compare prod      # what differs between two environments
  lading settings greet --env prod -o json`,
		Long: `Settings prints every value of the selected deployments after all layers, each
with the layer and the place that set it. The paths are those that --set takes.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if compare == "" {
				return flags.showSettings(env, output, names)
			}
			if len(flags.environments) != 1 {
				return misuse(cmd, errors.New("want one --env to compare with"))
			}
			return flags.compareSettings(env, output, flags.environments[0], compare, names)
		},
	}
	flags.add(cmd)
	outputFlag(cmd, &output, "table", "json")
	cmd.Flags().StringVar(&compare, "compare", "", "show only what differs between --env and this environment")
	return cmd
}

// A settingsReport is one deployment in one environment as JSON.
type settingsReport struct {
	Deployment  string         `json:"deployment"`
	Environment string         `json:"environment"`
	ID          string         `json:"id"`
	Namespace   string         `json:"namespace"`
	Values      []settingValue `json:"values"`
}

// A settingValue is one resolved value; file, line and column are absent for
// built-in defaults and flags.
type settingValue struct {
	Path   string `json:"path"`
	Value  any    `json:"value"`
	Layer  string `json:"layer"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func reportOf(r *settings.Resolved) settingsReport {
	report := settingsReport{
		Deployment: r.Name, Environment: r.EnvironmentName(), ID: r.ID, Namespace: r.Namespace, Values: []settingValue{},
	}
	for _, v := range r.Values() {
		report.Values = append(report.Values, settingValue{
			Path: v.Path, Value: plainValue(v.Value), Layer: v.Origin.Layer,
			File: v.Origin.File, Line: v.Origin.Line, Column: v.Origin.Column,
		})
	}
	return report
}

// plainValue turns ordered maps into what encoding/json can write.
func plainValue(v any) any {
	switch v := v.(type) {
	case settings.Map:
		return v.Plain()
	case []settings.Map:
		items := make([]any, len(v))
		for i, m := range v {
			items[i] = m.Plain()
		}
		return items
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = plainValue(item)
		}
		return items
	}
	return v
}

func (f *inputFlags) showSettings(env *Env, output string, names []string) error {
	loaded, err := f.load(env, names...)
	if err != nil {
		return err
	}
	reports := make([]settingsReport, len(loaded.Resolved))
	for i, r := range loaded.Resolved {
		reports[i] = reportOf(r)
	}
	if output == "json" {
		return printJSON(env, reports)
	}
	var b bytes.Buffer
	for i, r := range reports {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.writeTable(&b)
	}
	_, err = env.Stdout.Write(b.Bytes())
	return err
}

func (r settingsReport) writeTable(b *bytes.Buffer) {
	fmt.Fprintf(b, "# %s/%s, id %s, namespace %s\n", r.Environment, r.Deployment, r.ID, r.Namespace)
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PATH\tVALUE\tLAYER\tSET AT")
	for _, v := range r.Values {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", v.Path, v.text(), v.Layer, v.place())
	}
	table.Flush()
}

// text is the value on one line: JSON, but for strings that need no quotes.
func (v settingValue) text() string {
	if s, ok := v.Value.(string); ok && s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return s
	}
	text, err := json.Marshal(v.Value)
	if err != nil {
		return fmt.Sprint(v.Value)
	}
	return string(text)
}

// place is where the value was set; built-in defaults and flags have no place.
func (v settingValue) place() string {
	return cmp.Or(settings.Position{File: v.File, Line: v.Line, Column: v.Column}.String(), "-")
}

// A settingChange is a value that differs between two environments; a side
// that does not have it is absent.
type settingChange struct {
	Path  string        `json:"path"`
	Left  *settingValue `json:"left,omitempty"`
	Right *settingValue `json:"right,omitempty"`
}

// A comparison is one deployment in two environments.
type comparison struct {
	Deployment string          `json:"deployment"`
	Left       string          `json:"left"`
	Right      string          `json:"right"`
	Changes    []settingChange `json:"changes"`
}

func (f *inputFlags) compareSettings(env *Env, output, left, right string, names []string) error {
	f.environments = []string{left, right}
	loaded, err := f.load(env, names...)
	if err != nil {
		return err
	}
	comparisons := compareAll(loaded.Resolved, left, right)
	if output == "json" {
		return printJSON(env, comparisons)
	}
	var b bytes.Buffer
	for i, c := range comparisons {
		if i > 0 {
			b.WriteByte('\n')
		}
		c.writeTable(&b)
	}
	_, err = env.Stdout.Write(b.Bytes())
	return err
}

// compareAll pairs the deployments of two environments by name.
func compareAll(all []*settings.Resolved, left, right string) []comparison {
	rights := make(map[string]settingsReport)
	for _, r := range all {
		if r.EnvironmentName() == right {
			rights[r.Name] = reportOf(r)
		}
	}
	comparisons := []comparison{}
	for _, r := range all {
		if r.EnvironmentName() == left {
			c := comparison{Deployment: r.Name, Left: left, Right: right}
			c.Changes = compareValues(reportOf(r).Values, rights[r.Name].Values)
			comparisons = append(comparisons, c)
		}
	}
	return comparisons
}

// compareValues lists the paths whose values differ: those of left in their
// order, then those that only right has.
func compareValues(left, right []settingValue) []settingChange {
	changes := []settingChange{}
	others := make(map[string]*settingValue, len(right))
	for i := range right {
		others[right[i].Path] = &right[i]
	}
	for i := range left {
		l, r := &left[i], others[left[i].Path]
		delete(others, l.Path)
		if r == nil || l.text() != r.text() {
			changes = append(changes, settingChange{Path: l.Path, Left: l, Right: r})
		}
	}
	for i := range right {
		if r, only := others[right[i].Path]; only {
			changes = append(changes, settingChange{Path: r.Path, Right: r})
		}
	}
	return changes
}

func (c comparison) writeTable(b *bytes.Buffer) {
	fmt.Fprintf(b, "# %s: %s and %s\n", c.Deployment, c.Left, c.Right)
	if len(c.Changes) == 0 {
		b.WriteString("no differences\n")
		return
	}
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "PATH\t%s\tSET AT\t%s\tSET AT\n", strings.ToUpper(c.Left), strings.ToUpper(c.Right))
	for _, change := range c.Changes {
		fmt.Fprintf(table, "%s\t%s\t%s\n", change.Path, change.Left.cells(), change.Right.cells())
	}
	table.Flush()
}

// cells are the value and where it was set, also for a side that has none.
func (v *settingValue) cells() string {
	if v == nil {
		return "-\t-"
	}
	place := v.place()
	if v.File == "" {
		place = v.Layer
	}
	return v.text() + "\t" + place
}
