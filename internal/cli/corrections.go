package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"switchboard/internal/correction"
	"switchboard/internal/pipeline"
)

func (a *app) correctionsCommand() *cobra.Command {
	return a.group("corrections", "Import and list people's corrections", a.correctionsImportCommand(), a.correctionsListCommand())
}

func (a *app) correctionsImportCommand() *cobra.Command {
	return a.inTask(&cobra.Command{
		Use:   "import FILE.csv",
		Short: "Import corrections from a table",
		Long: `Import corrections from a table.

The file is a CSV with the columns conversation_id, as output.csv has it, and
label: a company that the task's champion knows, or Unknown. The columns author and
at (a time such as 2026-03-02T12:00:00Z) are optional. The latest correction of a
conversation counts. Authors are stored as pseudonyms that cannot be reversed. A
file with a wrong line is refused as a whole.

The next retraining learns from the corrections. Conversations held out for testing
are never trained on: there, a correction changes which answer counts as right.`,
		Example: "  starter corrections import corrections.csv",
		Args:    oneArg("file"),
	}, func(ctx context.Context, c *connection, task string, args []string) (view, error) {
		return a.importCorrections(ctx, c, task, args[0])
	})
}

// importCorrections checks a table here, so that a wrong line is named and nothing
// of the file but corrections leaves this machine.
func (a *app) importCorrections(ctx context.Context, c *connection, task, path string) (view, error) {
	file, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var rules pipeline.PrepareImportResult
	if err := a.request(ctx, c, pipeline.PrepareImportActivity, pipeline.PrepareImportInput{Task: task}, &rules); err != nil {
		return nil, err
	}
	corrections, err := correction.Read(file, correction.Options{Name: path, Labels: rules.Labels, Now: a.now()})
	if err != nil {
		return nil, err
	}
	in := pipeline.ImportCorrectionsInput{Task: task}
	if in.Sealed, err = correction.Seal(rules.Key, corrections); err != nil {
		return nil, err
	}
	var done imported
	err = a.request(ctx, c, pipeline.ImportCorrectionsActivity, in, &done.ImportCorrectionsResult)
	if err != nil {
		return nil, err
	}
	return done, nil
}

// imported counts what was imported.
type imported struct {
	pipeline.ImportCorrectionsResult
}

func (v imported) write(t *text) {
	t.line("%s read, %s", count(int64(v.Read), "correction"), fmt.Sprintf("%s new or later than what was known", number(int64(v.Changed))))
}

func (a *app) correctionsListCommand() *cobra.Command {
	return a.inTask(&cobra.Command{
		Use:     "list",
		Short:   "List the latest correction of each conversation",
		Example: "  starter corrections list --json | jq '.corrections | length'",
		Args:    noArgs,
	}, func(ctx context.Context, c *connection, task string, _ []string) (view, error) {
		l := correctionList{Corrections: []pipeline.Correction{}}
		for {
			var page pipeline.ListCorrectionsResult
			in := pipeline.ListCorrectionsInput{Task: task, Offset: len(l.Corrections)}
			if err := a.request(ctx, c, pipeline.ListCorrectionsActivity, in, &page); err != nil {
				return nil, err
			}
			l.Corrections = append(l.Corrections, page.Corrections...)
			if len(page.Corrections) == 0 || len(l.Corrections) >= page.Total {
				return l, nil
			}
		}
	})
}

type correctionList struct {
	Corrections []pipeline.Correction `json:"corrections"`
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
