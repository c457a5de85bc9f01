// Package preflight tells before anything is published whether a cluster has
// what rendered objects need: the kinds and classes, the namespaces, what pods
// refer to, room in quotas, the GitOps engine. It holds pure functions from
// the objects and from what was read of the cluster ([Facts]) to a list of
// [Check]; it asks no cluster itself.
package preflight

import (
	"slices"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A State is how a check went.
type State string

// The states, the worst last.
const (
	OK      State = "ok"
	Unknown State = "unknown" // it could not be found out
	Warning State = "warning" // it may go wrong
	Failed  State = "failed"  // it will go wrong
)

// A Check is one thing that was looked at.
type Check struct {
	State State
	// Name is what was looked at, as in "storage class".
	Name string
	// Object is what it was looked at for, or the thing itself.
	Object  manifest.ID
	Message string
	// Next is what to do about it.
	Next string
}

// An Input is what is going to be published to an environment.
type Input struct {
	Environment string
	Objects     []*manifest.Object
	// Others are rendered, too, and not looked at; Objects may be among them.
	Others []*manifest.Object
	Engine Engine
}

// checks are all of them, in the order in which they are told.
var checks = []func(*checker){
	(*checker).version,
	(*checker).permissions,
	(*checker).namespaces,
	(*checker).kinds,
	(*checker).ingressClasses,
	(*checker).certificates,
	(*checker).gateways,
	(*checker).metrics,
	(*checker).storageClasses,
	(*checker).podClasses,
	(*checker).nodes,
	(*checker).references,
	(*checker).serviceAccounts,
	(*checker).quotas,
	(*checker).limitRanges,
	(*checker).podSecurity,
	(*checker).engine,
}

// Run makes all checks.
func Run(in Input, facts *Facts) []Check {
	c := &checker{
		Input: in, facts: facts, rendered: make(map[manifest.ID]*manifest.Object), makers: makersOf(in.Objects),
		said: make(map[Check]bool), stays: make(map[manifest.ID]bool),
	}
	for _, o := range in.Objects {
		c.rendered[o.ID()], c.stays[o.ID()] = o, true
	}
	for _, o := range in.Others {
		c.stays[o.ID()] = true
	}
	c.pods, c.replicas = podsOf(in.Objects), make(map[manifest.ID]int64)
	for _, p := range c.pods {
		c.replicas[p.owner] = p.replicas
	}
	for _, check := range checks {
		check(c)
	}
	return c.found
}

// Count returns how many checks ended in one of the states.
func Count(found []Check, states ...State) int {
	n := 0
	for _, c := range found {
		if slices.Contains(states, c.State) {
			n++
		}
	}
	return n
}

// A checker is a run on its way.
type checker struct {
	Input
	facts    *Facts
	rendered map[manifest.ID]*manifest.Object
	// stays has what is rendered, looked at or not.
	stays    map[manifest.ID]bool
	makers   map[manifest.ID]string
	pods     []podTemplate
	replicas map[manifest.ID]int64
	found    []Check
	said     map[Check]bool
}

// say notes a check; what many deployments share is said once.
func (c *checker) say(state State, name string, object manifest.ID, message, next string) {
	check := Check{state, name, object, message, next}
	if !c.said[check] {
		c.said[check] = true
		c.found = append(c.found, check)
	}
}

// unread says that a check needs what could not be read.
func (c *checker) unread(name string, object manifest.ID, l List) {
	reason := c.facts.unread[l]
	c.say(Unknown, name, object, "cannot be read: "+reason.message, reason.next)
}
