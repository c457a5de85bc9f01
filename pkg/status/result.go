package status

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/lading-dev/lading/pkg/manifest"
)

// An object is a live object, read as one of the API's types or not.
type object interface {
	metav1.Object
	GetObjectKind() schema.ObjectKind
}

// idOf returns the identity of an object.
func idOf(o object) manifest.ID {
	gvk := o.GetObjectKind().GroupVersionKind()
	return manifest.ID{Group: gvk.Group, Kind: gvk.Kind, Namespace: o.GetNamespace(), Name: o.GetName()}
}

// as reads an object as one of the API's types. Fields that the type does not
// know are left out, as a newer cluster may send them.
func as[T any](o *unstructured.Unstructured) (*T, error) {
	v := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, v); err != nil {
		return nil, fmt.Errorf("%s is no %s as the API describes it: %w", idOf(o), o.GetKind(), err)
	}
	return v, nil
}

// typed makes a rule of a function of one of the API's types.
func typed[T any, P interface {
	*T
	object
}](judge func(*Judge, P) Result) rule {
	return func(j *Judge, o *unstructured.Unstructured) Result {
		v, err := as[T](o)
		if err != nil {
			return unknown(o, unreadable, "%v", err)
		}
		return judge(j, v)
	}
}

func ready(o object) Result { return Result{ID: idOf(o), Phase: Ready} }

func progressing(o object, reason Reason, format string, args ...any) Result {
	return Result{ID: idOf(o), Phase: Progressing, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func degraded(o object, reason Reason, format string, args ...any) Result {
	return Result{ID: idOf(o), Phase: Degraded, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func unknown(o object, reason Reason, format string, args ...any) Result {
	return Result{ID: idOf(o), Phase: Unknown, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// failed is final: what may still become right by itself is progressing.
func failed(o object, reason Reason, format string, args ...any) Result {
	return Result{ID: idOf(o), Phase: Failed, Reason: reason, Message: fmt.Sprintf(format, args...), Final: true}
}

// next returns the result with the next step.
func (r Result) next(format string, args ...any) Result {
	r.Next = fmt.Sprintf(format, args...)
	return r
}

// set returns the result with the settings field that decides.
func (r Result) set(field string) Result {
	r.Setting = field
	return r
}

// about returns the result with further objects concerned.
func (r Result) about(ids ...manifest.ID) Result {
	r.Objects = append(r.Objects[:len(r.Objects):len(r.Objects)], ids...)
	return r
}

// final returns the result as one that waiting cannot change.
func (r Result) final() Result {
	r.Phase, r.Final = Failed, true
	return r
}

// finalIf returns the result, final where it holds that waiting cannot help.
func (r Result) finalIf(hopeless bool) Result {
	if hopeless {
		return r.final()
	}
	return r
}

// notFinal returns the result as one that may change without anybody's doing.
func (r Result) notFinal() Result {
	if r.Final {
		r.Phase, r.Final = Progressing, false
	}
	return r
}
