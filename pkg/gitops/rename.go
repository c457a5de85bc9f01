package gitops

import "strings"

// renames tells of deployments that may only have another name now. A derived
// id follows the name, so that the engine deletes what ran under the old one;
// the key keeps it.
func (p *planner) renames() {
	gone := make(map[string][]string) // by environment
	for _, t := range p.touched {
		if t.Removed && t.Deployment != "" {
			gone[t.Environment] = append(gone[t.Environment], t.Deployment)
		}
	}
	for _, dir := range sortedKeys(p.wanted) {
		d := p.wanted[dir]
		names := gone[d.settings.EnvironmentName()]
		if len(names) == 0 || d.settings.IDGiven || p.records[dir] != nil || p.isMoved(d) {
			continue
		}
		p.notice("%s is new and %s is removed: where it only has another name now, add 'key: %s' to its spec, or the cluster deletes the old one and creates another",
			label(d.settings), strings.Join(names, ", "), names[0])
	}
}

// isMoved tells whether a directory is the new place of a deployment that the
// branch has.
func (p *planner) isMoved(d *directory) bool {
	for _, to := range p.moved {
		if to == d {
			return true
		}
	}
	return false
}
