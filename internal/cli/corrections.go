package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"switchboard/internal/artifact"
	"switchboard/internal/correction"
	"switchboard/internal/problem"
	"switchboard/internal/registry"
	"switchboard/internal/store"
)

func (a *app) correctionsCommand() *cobra.Command {
	return a.group("corrections", "Say which company conversations really are with", a.correctionsImportCommand(), a.correctionsListCommand())
}

func (a *app) correctionsImportCommand() *cobra.Command {
	return a.inTask(&cobra.Command{
		Use:   "import FILE.csv",
		Short: "Import corrections from a table",
		Long: `Import corrections from a table.

The file is a CSV with the columns conversation_id, as output.csv has it, and
label: a company that the task's champion knows, or Unknown. The columns author and at
(a time such as 2026-03-02T12:00:00Z) may be there. For a conversation the latest
correction counts. Authors are kept as pseudonyms that cannot be turned back. A
file with a wrong line is refused as a whole.

The next retraining learns from them. What was held out for testing is not
trained on: there a correction changes what counts as right.`,
		Example: "  starter corrections import corrections.csv",
		Args:    oneArg("file"),
	}, func(ctx context.Context, task *store.Task, args []string) (view, error) {
		labels, err := a.knownLabels(ctx, task)
		if err != nil {
			return nil, err
		}
		file, err := os.Open(args[0])
		if err != nil {
			return nil, problem.Input("the corrections cannot be read: %w", err)
		}
		defer file.Close()
		corrections, err := correction.Read(file, correction.Options{Name: args[0], Labels: labels, Now: a.now()})
		if err != nil {
			return nil, err
		}
		if err := pseudonyms(ctx, task.Store, corrections); err != nil {
			return nil, err
		}
		changed, err := task.ImportCorrections(ctx, corrections)
		return imported{Read: len(corrections), Changed: changed}, err
	})
}

// imported counts what was imported.
type imported struct {
	Read int `json:"read"`
	// Changed is how many were new, or later than what was known.
	Changed int `json:"changed"`
}

func (v imported) write(t *text) {
	t.line("%s read, %s", count(int64(v.Read), "correction"), fmt.Sprintf("%s new or later than what was known", number(int64(v.Changed))))
}

// knownLabels are the answers that the task's champion may give.
func (a *app) knownLabels(ctx context.Context, task *store.Task) ([]string, error) {
	champion, err := task.Champion(ctx)
	if err != nil {
		return nil, err
	}
	files, err := artifact.Open(ctx, a.artifactsRoot())
	if err != nil {
		return nil, err
	}
	defer files.Close()
	var labels []string
	return labels, files.ReadJSON(ctx, champion.Labels, &labels)
}

// pseudonyms puts pseudonyms in the places of authors.
func pseudonyms(ctx context.Context, s *store.Store, corrections []registry.Correction) error {
	known := map[string]string{}
	for i, c := range corrections {
		p, done := known[c.Author]
		if !done {
			var err error
			if p, err = s.Pseudonym(ctx, c.Author); err != nil {
				return err
			}
			known[c.Author] = p
		}
		corrections[i].Author = p
	}
	return nil
}

func (a *app) correctionsListCommand() *cobra.Command {
	return a.inTask(&cobra.Command{
		Use:     "list",
		Short:   "List the corrections, the latest of each conversation",
		Example: "  starter corrections list --json | jq '.corrections | length'",
		Args:    noArgs,
	}, func(ctx context.Context, task *store.Task, _ []string) (view, error) {
		corrections, err := task.Corrections(ctx)
		return correctionList{corrections}, err
	})
}

type correctionList struct {
	Corrections []registry.Correction `json:"corrections"`
}

func (l correctionList) write(t *text) {
	if len(l.Corrections) == 0 {
		t.line("no corrections yet; import some with `starter corrections import`")
		return
	}
	var rows [][]string
	for _, c := range l.Corrections {
		rows = append(rows, []string{strconv.FormatInt(c.ConversationID, 10), c.Label, t.at(c.At), c.Author})
	}
	t.table([]string{"CONVERSATION", "LABEL", "AT", "AUTHOR"}, rows)
}
