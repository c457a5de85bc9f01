package gitops

// Guard says why a plan must not be published as it is: it deletes more than
// the environment's budget without approval, or changes what cannot be changed
// in a running cluster. Each reason is a [*SafetyError]; several are joined.
// Planning itself does not ask: a directory on disk harms no cluster.
func (p *Plan) Guard(approved Approvals) error {
	var errs []error
	for _, l := range p.losses {
		if err := l.refuse(p.run.Owner, approved); err != nil {
			errs = append(errs, err)
		}
	}
	if !p.run.Recreate {
		for _, c := range p.immutable {
			errs = append(errs, c.refuse())
		}
	}
	return joined(errs)
}

// weighed finishes a plan and notes what [Plan.Guard] judges.
func (p *planner) weighed() (*Plan, error) {
	plan := p.finish()
	var err error
	if plan.losses, err = p.losses(plan.Touched); err != nil {
		return nil, err
	}
	plan.Notices = p.notices
	plan.immutable = plan.immutableChanges()
	for i := range plan.immutable {
		if p.run.Recreate {
			plan.Notices = append(plan.Notices, plan.immutable[i].told())
		}
	}
	return plan, nil
}
