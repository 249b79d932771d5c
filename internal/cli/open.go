package cli

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"switchboard/internal/problem"
)

func (a *app) openCommand() *cobra.Command {
	var webUI, onDashboard, onlyPrint bool
	cmd := &cobra.Command{
		Use:   "open [RUN]",
		Short: "Open a run's report, its page in Temporal's Web UI, or the dashboard",
		Long: `Open a run's report, its page in Temporal's Web UI, or the dashboard.

A run that has left no report is opened in the Web UI, and so is every run with
--web-ui. Without a run it is the latest fine-tuning, and the dashboard where there
is none yet. With --dashboard it is the dashboard, or a run's page there. The
address is printed, and opened where standard output is a terminal.

The dashboard's address is SWITCHBOARD_DASHBOARD_URL; without it, a dashboard that
runs is asked through Temporal. The Web UI's is SWITCHBOARD_WEB_UI; without it, it is
Temporal Cloud's for a server there, and for a server on this machine the port a
thousand above the server's.`,
		Example: `  starter open
  starter open --dashboard
  starter open apply-production --web-ui
  xdg-open "$(starter open finetune-tweets --print)"`,
		Args: maybeOneArg("run"),
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			if webUI && onDashboard {
				return nil, problem.Input("--web-ui and --dashboard name two pages; give one of them")
			}
			target, err := a.target(ctx, args, webUI, onDashboard)
			if err != nil {
				return nil, err
			}
			if onlyPrint || a.json || !isTerminal(a.stdout) {
				return target, nil
			}
			return target, show(ctx, target)
		}),
	}
	cmd.Flags().BoolVar(&webUI, "web-ui", false, "open the run in Temporal's Web UI, even if it has a report")
	cmd.Flags().BoolVar(&onDashboard, "dashboard", false, "open the dashboard, or the run there")
	cmd.Flags().BoolVar(&onlyPrint, "print", false, "print the address and open nothing")
	return cmd
}

// target is the page that a command line names.
func (a *app) target(ctx context.Context, args []string, webUI, onDashboard bool) (page, error) {
	if onDashboard && len(args) == 0 {
		return a.dashboard(ctx)
	}
	c, err := a.connect(ctx)
	if err != nil {
		return page{}, err
	}
	defer c.Close()
	run, err := c.named(ctx, args)
	if errors.Is(err, errNoFineTuning) && !webUI {
		return a.dashboard(ctx)
	}
	if err != nil {
		return page{}, err
	}
	r, err := c.report(ctx, run.workflow, run.run)
	if err != nil {
		return page{}, err
	}
	if onDashboard {
		p, err := a.dashboard(ctx)
		p.WorkflowID, p.RunID = r.WorkflowID, r.RunID
		p.Address += "/runs/" + url.PathEscape(r.WorkflowID) + "?" + url.Values{"run": {r.RunID}}.Encode()
		return p, err
	}
	a.addFiles(ctx, c, &r)
	return r.page(c, webUI)
}

// page is what can be opened: of a run, or with neither id the dashboard.
type page struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Kind is report, web_ui or dashboard.
	Kind string `json:"kind"`
	// Address is a path or a URL.
	Address string `json:"address"`
}

func (p page) write(t *text) { t.line("%s", p.Address) }

// page is a run's report, or else its page in the Web UI.
func (r report) page(c *connection, webUI bool) (page, error) {
	p := page{WorkflowID: r.WorkflowID, RunID: r.RunID, Kind: "report"}
	for _, f := range r.Files {
		if f.Name == "report" && !webUI {
			p.Address = f.URL
			return p, nil
		}
	}
	p.Kind, p.Address = "web_ui", c.runURL(r.WorkflowID, r.RunID)
	if p.Address == "" {
		return p, problem.Input("the address of Temporal's Web UI for the server %s is not known; set SWITCHBOARD_WEB_UI to it", c.Address)
	}
	return p, nil
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// show opens a page with the program that the system has for it.
func show(ctx context.Context, p page) error {
	if !strings.Contains(p.Address, "://") {
		if _, err := os.Stat(p.Address); err != nil {
			return problem.New(problem.Environment, "the report is not on this machine; look for it where the worker keeps its artifacts, or open the run with --web-ui")
		}
	}
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	if err := exec.CommandContext(ctx, opener, p.Address).Run(); err != nil { //nolint:gosec // a page of a run, and no shell reads it
		return problem.New(problem.Environment, "%s cannot open it: %w; open it yourself, or use --print", opener, err)
	}
	return nil
}
