package forge

import "strings"

// Some forges keep in the title that a pull request is a draft. Only opening
// makes one: from then on people say when it is ready, and an update keeps
// what they said.

// splitDraft takes the mark, in any of its spellings, from a title.
func splitDraft(title string, marks []string) (rest string, draft bool) {
	for _, mark := range marks {
		if len(title) >= len(mark) && strings.EqualFold(title[:len(mark)], mark) {
			return strings.TrimSpace(title[len(mark):]), true
		}
	}
	return title, false
}

// joinDraft puts the mark before a title that is to have it.
func joinDraft(title string, draft bool, mark string) string {
	if !draft {
		return title
	}
	return mark + " " + title
}

// splitTeams tells users from teams, which are written org/team, and returns
// the teams by their last name.
func splitTeams(reviewers []string) (users, teams []string) {
	for _, name := range reviewers {
		if _, team, ok := strings.Cut(name, "/"); ok {
			teams = append(teams, team)
		} else {
			users = append(users, name)
		}
	}
	return users, teams
}
