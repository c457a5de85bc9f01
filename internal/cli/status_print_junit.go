package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/lading-dev/lading/pkg/status"
)

// A junitReport is the dialect of JUnit's XML that CI systems read: a suite for
// each environment, a case for each deployment. Ready passes, Unknown is an
// error, a deployment that newer content took over is skipped, since its own
// run tells of it; anything else is a failure.
type junitReport struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitVerdict `xml:"failure"`
	Error   *junitVerdict `xml:"error"`
	Skipped *junitSkipped `xml:"skipped"`
	Out     *junitText    `xml:"system-out"`
}

type junitVerdict struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

func printJUnit(env *Env, rows []statusRow) error {
	text, err := xml.MarshalIndent(junitOf(rows, env.Now()), "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(env.Stdout, xml.Header+string(text)+"\n")
	return err
}

func junitOf(rows []statusRow, now time.Time) junitReport {
	report := junitReport{Name: "lading status"}
	at := make(map[string]int)
	for _, r := range rows {
		i, known := at[r.Environment]
		if !known {
			i = len(report.Suites)
			at[r.Environment] = i
			report.Suites = append(report.Suites, junitSuite{Name: xmlText(r.Environment), Timestamp: now.UTC().Format("2006-01-02T15:04:05")})
		}
		c := junitCaseOf(r, now)
		report.Suites[i].Cases = append(report.Suites[i].Cases, c)
		report.Suites[i].count(c)
		report.count(c)
	}
	return report
}

func (n *junitCounts) count(c junitCase) {
	n.Tests++
	switch {
	case c.Failure != nil:
		n.Failures++
	case c.Error != nil:
		n.Errors++
	case c.Skipped != nil:
		n.Skipped++
	}
}

func junitCaseOf(r statusRow, now time.Time) junitCase {
	c := junitCase{Class: xmlText(r.Environment), Name: xmlText(r.Deployment)}
	text := detailsOf(r, now)
	short := xmlText(oneLine(r.Message))
	switch r.Phase {
	case status.Ready, status.Gone:
		if text != "" {
			c.Out = &junitText{"\n" + xmlText(text)}
		}
	case status.Superseded:
		c.Skipped = &junitSkipped{fmt.Sprintf("%s: %s", verdictOf(r.Result), short)}
	case status.Unknown:
		c.Error = &junitVerdict{verdictOf(r.Result), short, "\n" + xmlText(text)}
	default:
		c.Failure = &junitVerdict{verdictOf(r.Result), short, "\n" + xmlText(text)}
	}
	return c
}

// xmlText leaves out what XML cannot hold, and what a terminal would act on:
// https://www.w3.org/TR/xml/#charsets.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r != '\ufffd' && !isHarmful(r) {
			return r
		}
		return -1
	}, text)
}
