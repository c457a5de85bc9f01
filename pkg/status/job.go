package status

import (
	"cmp"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// job judges a Job, which is ready once it has completed.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
func job(j *Judge, b *batchv1.Job) Result {
	if c := jobCondition(b, batchv1.JobComplete); c != nil {
		return ready(b)
	}
	if c := cmp.Or(jobCondition(b, batchv1.JobFailed), jobCondition(b, batchv1.JobFailureTarget)); c != nil {
		return j.jobEnded(b, c)
	}
	if b.Spec.Suspend != nil && *b.Spec.Suspend {
		return progressing(b, jobSuspended, "the Job is suspended").next("set spec.suspend to false, or look at the queue that suspended it")
	}
	waiting := progressing(b, jobRunning, "the Job runs: %d active, %d succeeded, %d failed", b.Status.Active, b.Status.Succeeded, b.Status.Failed).
		next("kubectl logs job/%s -n %s", b.Name, b.Namespace)
	if b.Status.Active == 0 {
		if cause, ok := j.creationTold(b); ok {
			return waiting.because(cause)
		}
	}
	return j.jobTrouble(waiting, b)
}

// jobTrouble blames a pod that does not simply run. How often one may crash
// is for the Job's own backoffLimit to say.
func (j *Judge) jobTrouble(waiting Result, b *batchv1.Job) Result {
	r := j.explain(waiting, slices.DeleteFunc(j.podsOf(b.UID), func(p *corev1.Pod) bool { return !active(p) }))
	if r.Reason == podStarting {
		return waiting
	}
	if r.Log != nil && r.Final {
		r.Phase, r.Final = Progressing, false
	}
	return r
}

// jobEnded is the result of a Job that failed, with the last pod that did.
func (j *Judge) jobEnded(b *batchv1.Job, c *batchv1.JobCondition) Result {
	reason, ok := map[string]Reason{
		batchv1.JobReasonBackoffLimitExceeded: jobBackoffLimit,
		batchv1.JobReasonDeadlineExceeded:     jobDeadline,
	}[c.Reason]
	if !ok {
		reason = jobFailed
	}
	r := failed(b, reason, "the Job failed with %s: %s", c.Reason, oneLine(c.Message)).next("kubectl logs job/%s -n %s", b.Name, b.Namespace)
	r.Evidence = j.evidence(b.UID)
	pods := slices.DeleteFunc(j.podsOf(b.UID), func(p *corev1.Pod) bool { return p.Status.Phase == corev1.PodSucceeded })
	if len(pods) == 0 {
		return r
	}
	last := slices.MaxFunc(pods, func(a, b *corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	cause := j.podCause(last)
	r.Message += "; " + cause.Message
	r.Log, r.Setting, r.Next = cause.Log, cause.Setting, cause.Next
	r.Evidence = append(r.Evidence, cause.Evidence...)
	slices.SortStableFunc(r.Evidence, newestFirst)
	return r.about(idOf(last))
}

func jobCondition(b *batchv1.Job, kind batchv1.JobConditionType) *batchv1.JobCondition {
	at := slices.IndexFunc(b.Status.Conditions, func(c batchv1.JobCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
	if at < 0 {
		return nil
	}
	return &b.Status.Conditions[at]
}

// cronJob judges a CronJob, which is ready as soon as it is there. It degrades
// when the newest run that has ended failed. Where that began before the CronJob
// was changed, what there is now has not run yet, and only a remark is made.
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
func cronJob(j *Judge, c *batchv1.CronJob) Result {
	if last := j.lastRun(c); last != nil {
		if r := job(j, last); r.Phase == Failed {
			return cronJobFailed(c, last, r)
		}
	}
	r := ready(c)
	if c.Spec.Suspend != nil && *c.Spec.Suspend {
		r.Message = "suspended: no runs are started"
	}
	return r
}

func cronJobFailed(c *batchv1.CronJob, last *batchv1.Job, run Result) Result {
	r := degraded(c, cronJobFailing, "the last run failed: %s", run.Message)
	if last.CreationTimestamp.Time.Before(changed(c)) {
		r = remark(c, cronJobFailing, "the last run, before the CronJob was changed, failed: %s", run.Message)
	}
	r.Next, r.Setting, r.Evidence, r.Log = run.Next, run.Setting, run.Evidence, run.Log
	return r.about(idOf(last)).about(run.Objects...)
}

// lastRun returns the newest Job of a CronJob that has ended.
func (j *Judge) lastRun(c *batchv1.CronJob) *batchv1.Job {
	var last *batchv1.Job
	for _, o := range j.Live.OwnedBy(c.UID, "Job") {
		b, err := as[batchv1.Job](o)
		if err != nil || jobCondition(b, batchv1.JobComplete) == nil && jobCondition(b, batchv1.JobFailed) == nil {
			continue
		}
		if last == nil || last.CreationTimestamp.Before(&b.CreationTimestamp) {
			last = b
		}
	}
	return last
}
