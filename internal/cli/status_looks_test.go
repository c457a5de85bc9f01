package cli

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/internal/observe"
	"github.com/lading-dev/lading/pkg/status"
)

func TestProgramsGetADocumentWhereNothingCanBeRead(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	for reason, fail := range map[string]func(){
		"Forbidden":   func() { p.cluster.RequireToken("another") },
		"Unreachable": p.cluster.Stop,
	} {
		if reason == "Unreachable" {
			p.cluster.RequireToken("")
		}
		fail()
		out := p.status(t, failed, "-o", "json")
		if got := document(t, out).Deployments[0]; string(got.Phase+" "+status.Phase(got.Reason)) != "Unknown "+reason || got.Message == "" || got.Next == "" || got.Sync.Phase != status.Unknown {
			t.Errorf("want Unknown %s in\n%s", reason, out)
		}
		var report junitReport
		if err := xml.Unmarshal([]byte(p.status(t, failed, "-o", "junit")), &report); err != nil || report.Errors != 1 {
			t.Errorf("%d errors, want 1 (%v)", report.Errors, err)
		}
		if out := p.status(t, failed); strings.Contains(out, "PHASE") || strings.Count(out, "\n") != 2 {
			t.Errorf("people want the error and its hint, got\n%s", out)
		}
		if out := p.run(t, failed, "describe", "greet", "-o", "json", "--repository", p.repository, "--kubeconfig", p.kubeconfig); !strings.Contains(out, `"reason": "`+reason+`"`) {
			t.Errorf("describe:\n%s", out)
		}
	}
}

func TestThatLiveObjectsWereComparedIsToldEverywhere(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.cluster.Serve(kubetest.ArgoCD()...)
	p.write(t, "lading.yaml", strings.Replace(shop, "environments: [{name: prod}]",
		"gitops: {url: 'https://git.example.com/r.git'}\n  environments: [{name: prod, engine: {kind: argocd}}]", 1))
	p.publish(t, 1)
	p.sync(t)
	p.cluster.Deny(kubetest.Denial{Group: "argoproj.io"})
	out := p.status(t, done, "-o", "json")
	if c := document(t, out).Deployments[0].Sync.Compared; c == nil || c.Reason != status.Forbidden || !strings.Contains(c.Message, "may not list applications") {
		t.Errorf("the document does not say why:\n%s", out)
	}
	for _, format := range []string{"table", "wide", "yaml", "junit"} {
		if out := p.status(t, done, "-o", format); strings.Count(oneLine(out), "proves less") != 1 {
			t.Errorf("%s does not tell it once:\n%s", format, out)
		}
	}
	out = p.run(t, done, "describe", "greet", "--repository", p.repository, "--kubeconfig", p.kubeconfig)
	if !strings.Contains(out, "Synced   the live objects are what was committed\n") || strings.Count(out, "proves less") != 1 {
		t.Errorf("describe says what it does not know:\n%s", out)
	}
}

// The settings may be further than what is published.
func TestAProbeAsksForTheCommittedPath(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.publish(t, 1)
	p.write(t, "deployments/greet.yaml", strings.Replace(greet, "settings: {", "settings: {deployer: {readiness_probe_path: /not/published}, ", 1))
	if got := p.one(t, "").ProbePath(); got != "/api/health" {
		t.Errorf("asks for %s", got)
	}
}

func TestWhatCannotBeProbedIsTold(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	p.write(t, "deployments/greet.yaml", strings.Replace(greet, "settings: {", "settings: {deployer: {service_type: ClusterIP}, ", 1))
	p.run(t, done, "publish", "--trust-inputs", "--repository", p.local)
	p.sync(t)
	out := p.status(t, done, "--probe")
	if !strings.Contains(out, "it was not probed: it can only be reached from within the cluster (NotProbed)") || !strings.Contains(out, "kubectl port-forward") {
		t.Errorf("got\n%s", out)
	}
	if out := p.status(t, done); strings.Contains(out, "NotProbed") {
		t.Errorf("nobody asked for a probe:\n%s", out)
	}
}

func TestHealthRulesOfTheProjectJudge(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	rule := func(expression string) {
		p.write(t, "lading.yaml", shop+"  health:\n    - {apiVersion: v1, kind: ConfigMap, failed: \"data.a == 'b'\", current: \""+expression+"\"}\n")
	}
	rule("true")
	p.write(t, "extras.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: b}\n")
	p.write(t, "deployments/greet.yaml", strings.Replace(greet, "settings: {", "settings: {deployer: {additional_resources: [../extras.yaml]}, ", 1))
	p.run(t, done, "publish", "--trust-inputs", "--repository", p.local)
	p.sync(t)
	d := document(t, p.status(t, rolloutBad, "-o", "json")).Deployments[0]
	if d.Reason != status.HealthFailed || d.SettingAt != "lading.yaml:9:7: spec.health" {
		t.Errorf("got %s, decided by %q", d.Reason, d.SettingAt)
	}
	rule("data.a ==")
	if out := p.status(t, misused); !strings.Contains(out, "lading.yaml:9:7: spec.health: current: ") || !strings.Contains(out, "hint: an expression is CEL over the object's fields") {
		t.Errorf("got\n%s", out)
	}
}

func TestTheIntervalIsThatOfTheSettings(t *testing.T) {
	t.Parallel()
	p := newPort(t)
	for _, name := range []string{"greet", "other"} {
		p.write(t, "deployments/"+name+".yaml", strings.ReplaceAll(strings.Replace(greet, "settings: {", "settings: {deployer: {deployment_ready_check_interval: 7}, ", 1), "greet", name))
	}
	p.run(t, done, "publish", "--trust-inputs", "--repository", p.local)
	l := &looking{env: &Env{Now: time.Now}, Looker: &observe.Looker{Options: observe.Options{Targets: p.read(t, "")}}}
	if got := (&statusFlags{}).waiter(l).Interval; got != 7*time.Second {
		t.Errorf("looks every %s, want 7s", got)
	}
	p.write(t, "deployments/other.yaml", strings.ReplaceAll(greet, "greet", "other"))
	l.Targets = p.read(t, "")
	if got := (&statusFlags{}).waiter(l).Interval; got != 2*time.Second {
		t.Errorf("looks every %s, want that of the one that is to be looked at more often: 2s", got)
	}
}
