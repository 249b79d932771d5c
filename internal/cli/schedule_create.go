package cli

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

const (
	// catchUp is how late a run may start after an outage of the server.
	// Temporal's default is a year: a server that was down for a month
	// would make up for thirty days' runs.
	catchUp = time.Hour
	// shortestInterval is no longer than anything takes that a schedule starts.
	shortestInterval = time.Minute
	// defaultJitter keeps schedules of the same minute from starting at the
	// same moment.
	defaultJitter = time.Minute
)

func (a *app) scheduleCreateCommand() *cobra.Command {
	var o scheduleOptions
	flags := &retrainFlags{}
	cmd := &cobra.Command{
		Use:   "create --dataset FILE (--cron EXPR | --every DURATION)",
		Short: "Create or change a schedule that retrains at set times",
		Long: `Create or change a schedule that retrains at set times. ` + "`starter retrain --help`" + `
explains what each run does.

The command prints the next runs. It refuses times that never come, and a run that
could not start, such as one on a dataset that the workers do not find.

A run that is due while the previous one is still running is skipped, unless
--overlap says otherwise. After an outage of the server, a run starts if it is late
by less than --catch-up. When a run fails, the schedule pauses;
` + "`starter schedule describe`" + ` shows why.

If the schedule exists, all of its settings are replaced, and it stays paused if it
was. A schedule never changes its task.`,
		Example: `  # every Monday at three in the morning, in Berlin
  starter schedule create --dataset tweets.csv --cron "0 3 * * MON" --time-zone Europe/Berlin

  # every six hours, for a task of its own, under the name retrain-airlines
  starter schedule create --task airlines --dataset s3://data/airlines.csv --every 6h --target-size 500`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			in, err := flags.input(cmd)
			if err != nil {
				return nil, err
			}
			o.input = in
			if !cmd.Flags().Changed("id") {
				o.id = pipeline.ScheduleID(in.FineTune.Task)
			}
			if err := o.Validate(); err != nil {
				return nil, err
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			return a.createSchedule(ctx, c, o)
		}),
	}
	o.register(cmd)
	a.taskFlag(cmd, &flags.fineTuneFlags.in.Task)
	a.notifyFlag(cmd, &flags.in.Notify)
	flags.register(cmd)
	return cmd
}

func (o *scheduleOptions) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.id, "id", "", "`name` of the schedule (default: retrain, and with --task retrain-NAME)")
	flags.StringVar(&o.cron, "cron", "", "when to run: minute, hour, day of month, month, day of week, such as \"0 3 * * MON\"; or @hourly, @daily, @weekly, @monthly")
	flags.DurationVar(&o.every, "every", 0, "run at this interval instead of --cron")
	flags.StringVar(&o.timeZone, "time-zone", "", "IANA `name` of the time zone of --cron, such as Europe/Berlin (default: UTC)")
	annotate(cmd, "cron", excludes, "every")
	annotate(cmd, "every", excludes, "cron")
	annotate(cmd, "time-zone", excludes, "every")
	flags.DurationVar(&o.jitter, "jitter", defaultJitter, "start each run up to this much later, at random")
	flags.StringVar(&o.overlap, "overlap", "skip", "if the previous run is still running: `skip|buffer|cancel` (skip the new run, start it afterwards, or cancel the previous one)")
	flags.DurationVar(&o.catchUp, "catch-up", catchUp, "after an outage, start runs that are late by less than this")
	flags.BoolVar(&o.goOn, "go-on-after-failure", false, "keep the schedule running when a run fails")
	flags.StringVar(&o.note, "note", "", "`text` to show with the schedule")
}

// createSchedule makes or changes a schedule whose times come and whose runs can
// begin.
func (a *app) createSchedule(ctx context.Context, c *connection, o scheduleOptions) (view, error) {
	done := scheduleCreation{scheduleChange: scheduleChange{ScheduleID: o.id}}
	coming, err := c.comingRuns(ctx, o, a.now())
	if err != nil {
		return nil, c.serverProblem(err, "schedule "+o.id)
	}
	done.NextRuns, done.Notes, done.jitter = coming.next, coming.notes, o.jitter
	checked, err := a.checkScheduledRun(ctx, c, o.input)
	if err != nil {
		return a.refusedSchedule(done), err
	}
	if !checked {
		done.Notes = append(done.Notes, "no worker was there to look at the dataset and the provider; `starter doctor` tells what is missing")
	}
	done.Change = "created"
	_, err = c.ScheduleClient().Create(ctx, o.schedule())
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		done.Change = "changed"
		err = c.ScheduleClient().GetHandle(ctx, o.id).Update(ctx, client.ScheduleUpdateOptions{
			DoUpdate: func(before client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) { return o.update(c, before) },
		})
	}
	if err != nil {
		return nil, c.serverProblem(err, "schedule "+o.id)
	}
	return done, nil
}

// refusedSchedule is for JSON alone: as text the error says it all.
func (a *app) refusedSchedule(done scheduleCreation) view {
	if !a.json {
		return nil
	}
	done.Change = "refused"
	return done
}

// checkScheduledRun lets a worker look at what each run will need, as it does when a
// run begins. It returns false if there is no worker to do so. Workers of an earlier
// version answer a run alone.
func (a *app) checkScheduledRun(ctx context.Context, c *connection, in pipeline.RetrainInput) (bool, error) {
	if said, err := a.checkRun(ctx, c, in.Check()); said || err != nil {
		return true, err
	}
	for _, queue := range []string{pipeline.TaskQueue, pipeline.ProviderTaskQueue} {
		if polled, err := c.polled(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY); err != nil || !polled {
			return false, err
		}
	}
	in.CheckOnly = true
	r, err := a.start(ctx, c, launch{pipeline.RetrainWorkflow, pipeline.RetrainID(in), in})
	if err != nil || r.Accepted != nil {
		return true, err
	}
	return true, problem.New(problem.Environment, "the workers did not say within %s whether a run could begin; `starter status %s` tells what they wait for", span(a.acceptWait), r.WorkflowID)
}

// scheduleCreation tells what was made of a schedule, and when it runs.
type scheduleCreation struct {
	scheduleChange
	NextRuns []time.Time `json:"next_runs"`
	// Notes say where the times may not be what was meant.
	Notes  []string `json:"notes,omitempty"`
	jitter time.Duration
}

func (s scheduleCreation) write(t *text) {
	s.scheduleChange.write(t)
	var next []string
	for _, at := range s.NextRuns {
		next = append(next, at.Format("Mon 2006-01-02 15:04:05 MST"))
	}
	t.fact("next", next...)
	if s.jitter > 0 {
		t.fact("jitter", "each up to "+span(s.jitter)+" later")
	}
	t.fact("note", s.Notes...)
}

// scheduleOptions say what a schedule runs and when.
type scheduleOptions struct {
	id             string
	cron, timeZone string
	every, jitter  time.Duration
	overlap        string
	catchUp        time.Duration
	goOn           bool
	note           string
	input          pipeline.RetrainInput
}

// overlaps are what can be said of a run that is due while another goes on.
var overlaps = map[string]enumspb.ScheduleOverlapPolicy{
	"skip":   enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
	"buffer": enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
	"cancel": enumspb.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER,
}

// Validate reports the first option that makes no sense.
func (o scheduleOptions) Validate() error {
	switch {
	case o.id == "":
		return problem.Input("the schedule's id is empty; name it with --id")
	case o.cron == "" && o.every == 0:
		return problem.Input("the schedule has no time; give --cron or --every")
	case o.cron != "" && o.every != 0:
		return problem.Input("--cron and --every exclude each other; give one of them")
	case o.every != 0 && o.every < shortestInterval:
		return problem.Input("the interval is %s; it must be a minute or more", o.every)
	case o.every != 0 && o.jitter >= o.every:
		return problem.Input("the jitter is %s, and the interval %s; the jitter must be shorter, so that no run starts after the next one is due: set it with --jitter", span(o.jitter), span(o.every))
	case o.every != 0 && o.timeZone != "":
		return problem.Input("--time-zone goes with --cron; an interval has no time zone")
	case overlaps[o.overlap] == enumspb.SCHEDULE_OVERLAP_POLICY_UNSPECIFIED:
		return problem.Input("the overlap is %q; it can be skip, buffer or cancel", o.overlap)
	case o.catchUp < 10*time.Second:
		return problem.Input("the catch-up window is %s; it must be ten seconds or more", o.catchUp)
	case o.jitter < 0:
		return problem.Input("the jitter is %s; it must be 0 or more", o.jitter)
	}
	if o.cron != "" {
		return cmp.Or(checkCron(o.cron), zoneProblem(o.zone()))
	}
	return nil
}

func (o scheduleOptions) schedule() client.ScheduleOptions {
	spec := client.ScheduleSpec{Jitter: o.jitter, TimeZoneName: o.timeZone}
	if o.every > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: o.every}}
	} else {
		spec.CronExpressions = []string{keepExpression(o.cron)}
	}
	shown := o.input.Metadata()
	return client.ScheduleOptions{
		ID:   o.id,
		Spec: spec,
		Action: &client.ScheduleWorkflowAction{
			// Temporal appends each run's time.
			ID:        pipeline.RetrainID(o.input),
			Workflow:  pipeline.RetrainWorkflow,
			Args:      []any{o.input},
			TaskQueue: pipeline.TaskQueue,

			StaticSummary: shown.Summary,
			StaticDetails: shown.Details,
		},
		Overlap:        overlaps[o.overlap],
		CatchupWindow:  o.catchUp,
		PauseOnFailure: !o.goOn,
		Note:           o.note,
	}
}

// update is the schedule in the place of one that exists.
func (o scheduleOptions) update(c *connection, before client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
	if in := c.retrainInput(before.Description.Schedule.Action); in != nil {
		if was := in.WithDefaults().FineTune.Task; was != o.input.FineTune.Task {
			return nil, problem.Input("the schedule %s belongs to the task %s, not to %s; choose another name with --id", o.id, was, o.input.FineTune.Task)
		}
	}
	now := o.schedule()
	state := client.ScheduleState{Note: o.note}
	if before.Description.Schedule.State != nil {
		state.Paused = before.Description.Schedule.State.Paused
	}
	return &client.ScheduleUpdate{Schedule: &client.Schedule{
		Action: now.Action,
		Spec:   &now.Spec,
		Policy: &client.SchedulePolicies{Overlap: now.Overlap, CatchupWindow: now.CatchupWindow, PauseOnFailure: now.PauseOnFailure},
		State:  &state,
	}}, nil
}

// keepExpression adds the expression as its own comment. The server turns
// expressions into calendars and keeps only the comment as it was written.
func keepExpression(cron string) string {
	if strings.Contains(cron, "#") || strings.HasPrefix(cron, "@every") {
		return cron
	}
	return cron + " # " + cron
}
