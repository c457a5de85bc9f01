package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/gitrepo"
)

// commitFlags are those of all commands that commit: who, signed by what key,
// and how long they stand up to others who push at the same time.
type commitFlags struct {
	signFlags
	author string
	tries  int
	within time.Duration
}

func (f *commitFlags) add(cmd *cobra.Command) {
	f.signFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.author, "author", "", `author of the commit, as in "Ada Lovelace <ada@example.com>"`)
	flags.IntVar(&f.tries, "tries", 100, "how often to try again while others push to the branch")
	flags.DurationVar(&f.within, "within", 5*time.Minute, "how long to try again while others push to the branch")
}

// info says who commits, and with what signature; a dry run needs none.
func (f *commitFlags) info(env *Env, dryRun bool) (info gitrepo.CommitInfo, err error) {
	if info.Author, info.Committer, err = signatures(env, f.author); err != nil {
		return info, err
	}
	info.Sign, err = f.signer(env, dryRun)
	return info, err
}
