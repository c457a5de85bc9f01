package gitops

import (
	"context"
	"strings"
	"testing"
	"time"
)

const oldCommit = "0123456789abcdef0123456789abcdef01234567"

func rollbackTo(then mapTree) Rollback {
	r := removal()
	return Rollback{Name: r.Name, Owner: r.Owner, Tool: r.Tool, Commit: oldCommit, Then: then, Pin: Pin{Reason: "errors"}}
}

func TestARollbackRestoresOneDirectoryAndPinsIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	then := publish(t, runOf(greet(t, configMap("flags", "on")+configMap("old", "1")), churn(t, configMap("c", "1"))), nil)
	newer := runOf(greet(t, configMap("flags", "off")+configMap("new", "1")), churn(t, configMap("c", "2")))
	newer.Commit = "beef"
	now := publish(t, newer, then).with(mapTree{greetDir + "notes.txt": "mine"})

	p, err := PlanRollback(ctx, rollbackTo(then), now)
	back := edit(t, now)(p, err)
	wantDiff(t, []string{
		"changed " + greetDir + "configmap-flags.yaml", "removed " + greetDir + "configmap-new.yaml",
		"added " + greetDir + "configmap-old.yaml", "ledger prod/ml/greet",
	}, actions(p))
	l := back.ledger(t, greetDir+".lading")
	wantDiff(t, &Pin{Reason: "errors", Commit: oldCommit}, l.Pin)
	was := then.ledger(t, greetDir+".lading")
	was.Pin = l.Pin
	wantDiff(t, was, l)
	if churnDir := "prod/ml/churn/configmap-c.yaml"; back[churnDir] != now[churnDir] || back[greetDir+"notes.txt"] != "mine" {
		t.Error("something else than the deployment's directory changed")
	}
	wantDiff(t, "Roll back greet in prod to 0123456789\n\nPinned until somebody ends it: errors\n\nprod/greet\n",
		p.Message()[:strings.Index(p.Message(), "  changed")])

	// Publishing passes it over, with a notice or a refusal.
	passed := mustPlan(t, newer, back)
	wantDiff(t, 0, len(passed.Changes))
	wantDiff(t, []string{"prod/greet is pinned and stays as it is: errors"}, passed.Notices)
	wantDiff(t, []Pinned{{"prod", "greet", "prod/ml/greet", *l.Pin}}, passed.Pinned)
	strict := *newer
	strict.FailOnPinned = true
	_, err = plan(t, &strict, back)
	wantError[*SafetyError](t, err, "prod/greet is pinned and would be passed over: errors", "lading rollback greet --env prod --unpin")

	// A complete run over settings without it leaves it as well.
	wantDiff(t, 0, len(mustPlan(t, runOf(churn(t, configMap("c", "2"))), back).Changes))

	free := edit(t, back)(PlanUnpin(ctx, rollbackTo(nil), back))
	if l := free.ledger(t, greetDir+".lading"); l.Pin != nil {
		t.Errorf("pin is %v", l.Pin)
	}
	wantDiff(t, now.names(), publish(t, newer, free).names())
	again, err := PlanUnpin(ctx, rollbackTo(nil), free)
	if err != nil || len(again.Changes) > 0 {
		t.Errorf("ending no pin changes %v (%v)", again, err)
	}
}

func TestAPinEndsAtItsTime(t *testing.T) {
	t.Parallel()
	tree := pinned(t, publish(t, runOf(greet(t, "")), nil), Pin{Reason: "wait", Until: "2026-02-01T12:00:00Z"})
	run := runOf(greet(t, configMap("flags", "on")))
	for situation, c := range map[string]struct {
		seconds int
		want    int
	}{"before": {-1, 0}, "at": {0, 2}, "after": {1, 2}} {
		timed := *run
		timed.Now = noon.Add(time.Duration(c.seconds) * time.Second)
		if p := mustPlan(t, &timed, tree); len(p.Changes) != c.want {
			t.Errorf("%s: %d files change, want %d", situation, len(p.Changes), c.want)
		}
	}
	if p := mustPlan(t, run, tree); len(p.Changes) != 0 {
		t.Error("without a clock a pin ends")
	}
	forever := pinned(t, tree, Pin{Until: "next week"})
	timed := *run
	timed.Now = noon
	if p := mustPlan(t, &timed, forever); len(p.Changes) != 0 {
		t.Error("a pin whose end cannot be read has ended")
	}
}

func TestARollbackIsRefusedThatNeedsMoreThanTheDirectory(t *testing.T) {
	t.Parallel()
	service := func(app string) string {
		return "{apiVersion: v1, kind: Service, metadata: {name: '{{name}}', namespace: '{{ns}}'}, spec: {selector: {app: " + app + "}}}\n---\n"
	}
	claim := "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: '{{ns}}'}, spec: {}}\n---\n"
	now := publish(t, runOf(greet(t, service("a"))), nil)
	otherID := greet(t, service("a"))
	otherID.Settings.ID = "00000000-0000-4000-8000-000000000000"
	shared := func(verb string) mapTree {
		return publish(t, runOf(greet(t, service("a")+clusterRole("reader", verb)), churn(t, clusterRole("reader", verb))), nil)
	}
	for situation, c := range map[string]struct {
		then, now mapTree
		want      string
	}{
		"no such directory":       {mapTree{"README": "x"}, now, "it had no prod/ml/greet"},
		"another id":              {publish(t, runOf(otherID), nil), now, "it had the id 00000000-0000-4000-8000-000000000000 and has "},
		"another selector":        {publish(t, runOf(greet(t, service("b"))), nil), now, "had another selector"},
		"another namespace":       {publish(t, runOf(greet(t, service("a")+namespaceText)), nil), now, "it needed namespace/ml, a shared object that it does not need now"},
		"another shared object":   {shared("get"), shared("list"), "clusterrole.rbac.authorization.k8s.io/reader, a shared object that it needs, was different"},
		"edited by hand":          {now.with(mapTree{greetDir + "service.yaml": "x"}), now, "service.yaml had been edited by hand"},
		"a file that was missing": {now.with(mapTree{greetDir + "service.yaml": ""}), now, "service.yaml, which its ledger lists, was not there"},
		"a claim that would go":   {now, publish(t, runOf(greet(t, service("a")+claim)), nil), "objects that take data or other objects with them would go: PersistentVolumeClaim"},
		"it was deleted there":    {edit(t, now)(PlanRemoval(context.Background(), removal(), now)), now, "it was deleted there"},
		"it is deleted":           {now, edit(t, now)(PlanRemoval(context.Background(), removal(), now)), "it is deleted"},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			_, err := PlanRollback(context.Background(), rollbackTo(c.then), c.now)
			wantError[*SafetyError](t, err, "prod/greet cannot be rolled back to 0123456789: ", c.want)
		})
	}
}

// A Namespace whose labels changed is no reason to keep a broken deployment.
func TestARollbackDoesNotMindLabelsOfNamespaces(t *testing.T) {
	t.Parallel()
	then := publish(t, runOf(greet(t, namespaceText+configMap("flags", "on"))), nil)
	now := publish(t, runOf(greet(t, strings.Replace(namespaceText, "managed-by", "team", 1)+configMap("flags", "off"))), then)
	p, err := PlanRollback(context.Background(), rollbackTo(then), now)
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, []string{"changed " + greetDir + "configmap-flags.yaml", "ledger prod/ml/greet"}, actions(p))
}

func TestARollbackNeverOverwritesFilesOfOthers(t *testing.T) {
	t.Parallel()
	then := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	now := publish(t, runOf(greet(t, "")), then).with(mapTree{greetDir + "configmap-flags.yaml": "mine"})
	_, err := PlanRollback(context.Background(), rollbackTo(then), now)
	wantError[*ConflictError](t, err, "the file is in the way")
}

func TestARollbackDoesNotDropPodsToOne(t *testing.T) {
	t.Parallel()
	hpa := "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: '{{name}}', namespace: '{{ns}}'}, " +
		"spec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: '{{name}}'}}}\n---\n"
	text := func(replicas, more string) Rendered {
		return render(t, resolved(platform(), "prod", "greet", "ml"), strings.Replace(coreText, "replicas: 1", replicas, 1)+more)
	}
	then := publish(t, runOf(text("paused: false", hpa)), nil)
	fixed := publish(t, runOf(text("replicas: 3", "")), nil)
	_, err := PlanRollback(context.Background(), rollbackTo(then), fixed)
	wantError[*SafetyError](t, err, "left spec.replicas to an autoscaler that is not there now, and would fall from 3 pods to one")
	if _, err := PlanRollback(context.Background(), rollbackTo(fixed), then); err != nil {
		t.Errorf("a rollback to a fixed number is refused: %v", err)
	}
}
