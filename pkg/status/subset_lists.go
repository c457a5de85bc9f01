package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// list compares two lists. Lists of named things are compared by name, sets in
// any order, all others by position.
func (c *comparison) list(path, key string, want, got []any) *difference {
	if names, ok := mergeKeys(key, want, got); ok {
		return c.named(path, names, want, got)
	}
	if sets[key] {
		return c.set(path, key, want, got)
	}
	if len(want) != len(got) {
		return c.differ(path, fmt.Sprintf("%d items", len(want)), fmt.Sprintf("%d items", len(got)))
	}
	for i := range want {
		if d := c.value(fmt.Sprintf("%s[%d]", path, i), key, want[i], got[i]); d != nil {
			return d
		}
	}
	return nil
}

// A mergeKey tells the elements of a list apart; an absent field has its
// default.
type mergeKey struct {
	list   string
	fields []string
	unset  map[string]string
}

// mergeLists are the lists that strategic merge and server-side apply merge by
// key. See https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy.
var mergeLists = []mergeKey{
	{"ports", []string{"containerPort", "protocol"}, map[string]string{"protocol": "TCP"}},
	{"ports", []string{"port", "protocol"}, map[string]string{"protocol": "TCP"}},
	{"volumeMounts", []string{"mountPath"}, nil},
	{"volumeDevices", []string{"devicePath"}, nil},
	{"hostAliases", []string{"ip"}, nil},
	{"topologySpreadConstraints", []string{"topologyKey", "whenUnsatisfiable"}, nil},
	{"containers", []string{"name"}, nil},
	{"initContainers", []string{"name"}, nil},
	{"env", []string{"name"}, nil},
	{"volumes", []string{"name"}, nil},
	{"imagePullSecrets", []string{"name"}, nil},
	{"secrets", []string{"name"}, nil},
	{"volumeClaimTemplates", []string{"metadata.name"}, nil},
	{"webhooks", []string{"name"}, nil},
	{"versions", []string{"name"}, nil},
}

// sets are lists without an order in which the API server or others add.
var sets = map[string]bool{"tolerations": true, "finalizers": true, "accessModes": true, "subjects": true}

// mergeKeys returns the keys of a list where every element has them and no two
// have the same.
func mergeKeys(key string, lists ...[]any) (mergeKey, bool) {
	for _, m := range mergeLists {
		if m.list == key && !slices.ContainsFunc(lists, func(list []any) bool { return !m.tells(list) }) {
			return m, true
		}
	}
	return mergeKey{}, false
}

func (m mergeKey) tells(list []any) bool {
	seen := map[string]bool{}
	for _, item := range list {
		name, ok := m.of(item)
		if !ok || seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// of is what tells an element apart, as in web or 8000/TCP.
func (m mergeKey) of(item any) (string, bool) {
	object, ok := item.(map[string]any)
	if !ok {
		return "", false
	}
	var parts []string
	for _, field := range m.fields {
		value := object[field]
		if outer, inner, nested := strings.Cut(field, "."); nested {
			value = fields(object).at(outer)[inner]
		}
		if value == nil {
			value = cmp.Or(m.unset[field], "")
		}
		parts = append(parts, quantityText(value))
	}
	return strings.Join(parts, "/"), parts[0] != ""
}

// named compares the elements of a list by name; others may have added some.
func (c *comparison) named(path string, names mergeKey, want, got []any) *difference {
	live := map[string]any{}
	for _, item := range got {
		name, _ := names.of(item)
		live[name] = item
	}
	for _, item := range want {
		name, _ := names.of(item)
		at := path + "[" + name + "]"
		found, ok := live[name]
		if !ok {
			return &difference{path: strings.TrimPrefix(at, "."), want: "there", got: "not there"}
		}
		if d := c.value(at, "", item, found); d != nil {
			return d
		}
	}
	return nil
}

// set finds each element anywhere in the live list.
func (c *comparison) set(path, key string, want, got []any) *difference {
	for i, item := range want {
		found := slices.ContainsFunc(got, func(have any) bool { return c.value(path, key, item, have) == nil })
		if !found {
			return &difference{path: fmt.Sprintf("%s[%d]", strings.TrimPrefix(path, "."), i), want: brief(item), got: "not there"}
		}
	}
	return nil
}
