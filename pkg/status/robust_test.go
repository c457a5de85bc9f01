package status

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Whatever fields a cluster leaves out or empties, each object gets a result
// that says what is wrong.
func FuzzRulesBearWhatIsMissing(f *testing.F) {
	files := situationFiles(f)
	for i := range files {
		f.Add(uint64(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, file, seed uint64) {
		want, judge := readSituationFile(t, files[file%uint64(len(files))])
		random := rand.New(rand.NewPCG(seed, file))
		for _, w := range want.Results {
			id := parseID(t, w.ID)
			for range 20 {
				live := NewLive(damaged(random, judge.Live), judge.Live.gaps)
				r := (&Judge{Live: live, Now: judge.Now}).Object(id)
				if r.Phase == "" || r.Final && !mayBeFinal(r) {
					t.Errorf("%s: %+v", w.ID, r)
				}
				if r.Phase != Ready && (r.Reason == "" || r.Message == "") {
					t.Errorf("%s: the result says too little: %+v", w.ID, r)
				}
			}
		}
	})
}

// mayBeFinal tells of which results it makes sense that waiting cannot help:
// failures, and what may not be read.
func mayBeFinal(r Result) bool {
	return r.Phase == Failed || r.Phase == Degraded || r.Reason == Forbidden
}

// damaged copies live objects and spoils some fields, but no name or owner.
func damaged(random *rand.Rand, live *Live) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, o := range live.byID {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *unstructured.Unstructured) int { return cmp.Compare(IDOf(a).String(), IDOf(b).String()) })
	for i, o := range all {
		all[i] = o.DeepCopy()
		for _, field := range []string{"spec", "status"} {
			damage(random, all[i].Object[field])
		}
	}
	for _, events := range live.events {
		all = append(all, events...)
	}
	return all
}

func damage(random *rand.Rand, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch random.IntN(25) {
			case 0:
				delete(v, key)
			case 1:
				v[key] = nil
			default:
				damage(random, v[key])
			}
		}
	case []any:
		for _, item := range v {
			damage(random, item)
		}
	}
}
