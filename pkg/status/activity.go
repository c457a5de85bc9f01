package status

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// isActivity compares all that rules found, pods and events included. That
// time has passed is no activity, though messages may tell of it.
func isActivity(old, reports []Report) bool {
	return !reflect.DeepEqual(timeless(old), timeless(reports))
}

func timeless(reports []Report) []Report {
	all := slices.Clone(reports)
	for i, r := range all {
		r.Result = r.Result.timeless()
		r.Sync.Result = r.Sync.Result.timeless()
		r.Objects = timelessResults(r.Objects)
		r.Warnings = timelessResults(r.Warnings)
		all[i] = r
	}
	return all
}

func timelessResults(results []Result) []Result {
	all := slices.Clone(results)
	for i, r := range all {
		all[i] = r.timeless()
	}
	return all
}

// timeless leaves durations out of the message.
func (r Result) timeless() Result {
	words := strings.Fields(r.Message)
	r.Message = strings.Join(slices.DeleteFunc(words, isDuration), " ")
	return r
}

func isDuration(word string) bool {
	_, err := time.ParseDuration(strings.Trim(word, ".,;:()"))
	return err == nil
}
