package status

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// A comparison holds what is known of the object whose fields are compared.
type comparison struct {
	// typed objects lose what is empty when the API server stores them.
	typed bool
	// secret values are never shown.
	secret bool
	// exact objects have nothing below data that was not rendered.
	exact bool
	// volumes counts how deep the walk is below a list of volumes, where an
	// empty map chooses the kind of volume and is never dropped.
	volumes int
}

// A difference is one field that is not live as rendered.
type difference struct{ path, want, got string }

func (c *comparison) differ(path string, want, got any) *difference {
	d := &difference{path: strings.TrimPrefix(path, "."), want: brief(want), got: brief(got)}
	if c.secret && (strings.HasPrefix(path, ".data") || strings.HasPrefix(path, ".stringData")) {
		d.want, d.got = hidden(want, "the committed one"), hidden(got, "another value")
	}
	return d
}

// hidden stands for a value that must not be shown.
func hidden(v any, otherwise string) string {
	if v == nil {
		return "nothing"
	}
	return otherwise
}

// mapping compares the fields of a map in the order of their names.
func (c *comparison) mapping(path string, want, got map[string]any) *difference {
	keys := make([]string, 0, len(want))
	for key := range want {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if d := c.entry(path, key, want[key], got); d != nil {
			return d
		}
	}
	if c.exact && (path == ".data" || path == ".binaryData") {
		return c.surplus(path, want, got)
	}
	return nil
}

// surplus: nobody else writes keys into a ConfigMap or Secret that has content
// of its own, so that a key too many is one that was taken away.
func (c *comparison) surplus(path string, want, got map[string]any) *difference {
	var extra []string
	for key := range got {
		if _, ok := want[key]; !ok && len(want) > 0 {
			extra = append(extra, key)
		}
	}
	if len(extra) == 0 {
		return nil
	}
	key := slices.Min(extra)
	return c.differ(path+"."+key, nil, got[key])
}

func (c *comparison) entry(path, key string, want any, got map[string]any) *difference {
	inTexts := textMaps[path[strings.LastIndexByte(path, '.')+1:]]
	if want == nil || c.typed && !inTexts && defaultedWhenEmpty[key] && isZero(want) {
		return nil
	}
	at := path + "." + key
	have, there := got[key]
	if !there || have == nil {
		if _, text := want.(string); !(inTexts && text) && c.droppable(key, want) {
			return nil
		}
		return c.differ(at, want, nil)
	}
	if key == "volumes" {
		c.volumes++
		defer func() { c.volumes-- }()
	}
	return c.value(at, key, want, have)
}

// droppable reports whether the API server leaves a field out that has this
// value.
func (c *comparison) droppable(key string, want any) bool {
	switch v := want.(type) {
	case map[string]any:
		for _, value := range v {
			if !c.droppable("", value) && value != nil {
				return false
			}
		}
		return c.volumes == 0
	case []any:
		return len(v) == 0
	case string:
		return v == "" && c.typed && !keptStrings[key]
	}
	return want == nil || isZero(want) && c.typed && droppedWhenZero[key]
}

func isZero(v any) bool {
	switch v {
	case "", false, int64(0), float64(0):
		return true
	}
	return false
}

// keptStrings are the fields that mean something when they are empty.
var keptStrings = map[string]bool{
	"storageClassName": true, "ingressClassName": true, "appProtocol": true, "runtimeClassName": true,
}

// droppedWhenZero are the fields that the API's Go types leave out when they
// are false or 0. All others are pointers there, and kept.
var droppedWhenZero = map[string]bool{
	"hostNetwork": true, "hostPID": true, "hostIPC": true, "stdin": true, "stdinOnce": true, "tty": true, "readOnly": true,
	"paused": true, "publishNotReadyAddresses": true, "minReadySeconds": true, "initialDelaySeconds": true, "unschedulable": true,
	"allNodes": true, "chapAuthDiscovery": true, "chapAuthSession": true, "clusterScope": true, "globalDefault": true, "number": true,
	"partition": true, "sslEnabled": true,
	// of CustomResourceDefinitions and APIServices
	"deprecated": true, "exclusiveMaximum": true, "exclusiveMinimum": true, "insecureSkipTLSVerify": true, "nullable": true,
	"preserveUnknownFields": true, "priority": true, "uniqueItems": true, "x-kubernetes-embedded-resource": true, "x-kubernetes-int-or-string": true,
}

// defaultedWhenEmpty are the fields for which 0 or "" asks for the default.
var defaultedWhenEmpty = map[string]bool{
	"periodSeconds": true, "timeoutSeconds": true, "successThreshold": true, "failureThreshold": true, "nodePort": true, "hostPort": true,
	"healthCheckNodePort": true, "clusterIP": true, "protocol": true, "imagePullPolicy": true, "terminationMessagePath": true,
	"terminationMessagePolicy": true, "dnsPolicy": true, "restartPolicy": true, "schedulerName": true, "sessionAffinity": true, "type": true,
}

// textMaps are the maps in which an empty text is a value like any other.
var textMaps = map[string]bool{"labels": true, "annotations": true, "matchLabels": true, "nodeSelector": true, "data": true, "binaryData": true, "selector": true}

func (c *comparison) value(path, key string, want, got any) *difference {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return c.mapping(path, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return c.list(path, key, w, g)
		}
	default:
		if c.sameScalar(path, want, got) {
			return nil
		}
	}
	return c.differ(path, want, got)
}

// sameScalar compares numbers by value, quantities as the API server
// normalises them, and the values of a Secret by what they decode to.
func (c *comparison) sameScalar(path string, want, got any) bool {
	if want == got {
		return true
	}
	if w, ok := asNumber(want); ok {
		if g, ok := asNumber(got); ok {
			return w == g
		}
	}
	if holdsQuantity(path) {
		return sameQuantity(want, got)
	}
	if c.secret && strings.HasPrefix(path, ".data.") {
		w, g := decoded(want), decoded(got)
		return w != nil && g != nil && *w == *g
	}
	return false
}

func asNumber(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, !math.IsNaN(n)
	case int:
		return float64(n), true
	}
	return 0, false
}

// holdsQuantity reports whether a field holds an amount such as 500m or 1Gi.
// See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
func holdsQuantity(path string) bool {
	if strings.HasPrefix(path, ".data.") || strings.HasPrefix(path, ".metadata.") {
		return false
	}
	segments := strings.Split(path, ".")
	last := segments[len(segments)-1]
	if last == "sizeLimit" || last == "averageValue" || last == "divisor" {
		return true
	}
	for _, parent := range segments[:len(segments)-1] {
		switch parent {
		case "limits", "requests", "capacity", "hard", "overhead", "podFixed", "default", "defaultRequest", "min", "max", "maxLimitRequestRatio":
			return true
		}
	}
	return last == "value" && slices.Contains(segments, "target") // of an HPA's metric
}

func sameQuantity(a, b any) bool {
	x, errX := resource.ParseQuantity(quantityText(a))
	y, errY := resource.ParseQuantity(quantityText(b))
	return errX == nil && errY == nil && x.Cmp(y) == 0
}

func quantityText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// withEncoded moves stringData of a Secret to data, as the API server does.
func withEncoded(body map[string]any) map[string]any {
	plain, ok := body["stringData"].(map[string]any)
	if !ok {
		return body
	}
	data := map[string]any{}
	encoded, _ := body["data"].(map[string]any)
	for key, value := range encoded {
		data[key] = value
	}
	for key, value := range plain {
		text, _ := value.(string)
		data[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	out := without(body, "stringData")
	out["data"] = data
	return out
}

// decoded is a value of a Secret without its encoding, nil where it has none.
func decoded(v any) *string {
	text, _ := v.(string)
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil
	}
	return new(string(raw))
}
