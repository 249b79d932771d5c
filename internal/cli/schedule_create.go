package cli

import (
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
	// defaultJitter keeps schedules of the same minute from starting at the
	// same moment.
	defaultJitter = time.Minute
)

func (a *app) scheduleCreateCommand() *cobra.Command {
	var o scheduleOptions
	flags := &fineTuneFlags{}
	cmd := &cobra.Command{
		Use:   "create --dataset FILE (--cron EXPR | --every DURATION)",
		Short: "Create a schedule that fine-tunes again and again",
		Long: `Create a schedule that fine-tunes again and again.

A run that is due while the one before it is still going on is skipped. After an
outage of the server, a run starts if it is less than an hour late. When a run
fails, the schedule pauses; ` + "`starter schedule describe`" + ` shows why. A schedule
that exists is left as it is: delete it first to change it.`,
		Example: `  # every Monday at three in the morning, in Berlin
  starter schedule create --dataset tweets.csv --cron "0 3 * * MON" --time-zone Europe/Berlin

  # every six hours, under a name of its own
  starter schedule create --id airlines --dataset s3://data/airlines.csv --every 6h --target-size 500`,
		Args: noArgs,
		RunE: a.do(func(ctx context.Context, cmd *cobra.Command, _ []string) (view, error) {
			in, err := flags.input(cmd)
			if err != nil {
				return nil, err
			}
			o.input = in
			if err := o.Validate(); err != nil {
				return nil, err
			}
			c, err := a.connect(ctx)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			_, err = c.ScheduleClient().Create(ctx, o.schedule())
			if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
				return nil, problem.Input("the schedule %s exists already and is left as it is; choose another --id, or delete it first with `starter schedule delete %s`", o.id, o.id)
			}
			if err != nil {
				return nil, c.serverProblem(err, "schedule "+o.id)
			}
			return scheduleChange{o.id, "created"}, nil
		}),
	}
	fs := cmd.Flags()
	fs.StringVar(&o.id, "id", defaultSchedule, "`name` of the schedule")
	fs.StringVar(&o.cron, "cron", "", "when to run: minute, hour, day of month, month, day of week, as in \"0 3 * * MON\", or @daily and the like")
	fs.DurationVar(&o.every, "every", 0, "run at this interval instead")
	fs.StringVar(&o.timeZone, "time-zone", "", "IANA `name` of the time zone of --cron, such as Europe/Berlin (default: UTC)")
	fs.DurationVar(&o.jitter, "jitter", defaultJitter, "start up to this much later, at random")
	fs.StringVar(&o.note, "note", "", "`text` to show with the schedule")
	flags.register(cmd)
	return cmd
}

// scheduleOptions say what a schedule runs and when.
type scheduleOptions struct {
	id             string
	cron, timeZone string
	every, jitter  time.Duration
	note           string
	input          pipeline.FineTuneInput
}

// Validate reports the first option that makes no sense. Whether the cron
// expression and the time zone are right is for the server to say.
func (o scheduleOptions) Validate() error {
	switch {
	case o.id == "":
		return problem.Input("the schedule's id is empty; name it with --id")
	case o.cron == "" && o.every == 0:
		return problem.Input("the schedule has no time; give --cron or --every")
	case o.cron != "" && o.every != 0:
		return problem.Input("--cron and --every exclude each other; give one of them")
	case o.every != 0 && o.every < time.Second:
		return problem.Input("the interval is %s; it must be a second or more", o.every)
	case o.every != 0 && o.timeZone != "":
		return problem.Input("--time-zone goes with --cron; an interval has no time zone")
	case o.jitter < 0:
		return problem.Input("the jitter is %s; it must be 0 or more", o.jitter)
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
	return client.ScheduleOptions{
		ID:   o.id,
		Spec: spec,
		Action: &client.ScheduleWorkflowAction{
			// Temporal appends each run's time.
			ID:        retrainID(o.input),
			Workflow:  pipeline.RetrainWorkflow,
			Args:      []any{pipeline.RetrainInput{FineTune: o.input}},
			TaskQueue: pipeline.TaskQueue,
		},
		Overlap:        enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow:  catchUp,
		PauseOnFailure: true,
		Note:           o.note,
	}
}

// keepExpression adds the expression as its own comment. The server turns
// expressions into calendars and keeps only the comment as it was written.
func keepExpression(cron string) string {
	if strings.Contains(cron, "#") || strings.HasPrefix(cron, "@every") {
		return cron
	}
	return cron + " # " + cron
}

// retrainID is the id of a fine-tuning of the same input, with another verb.
func retrainID(in pipeline.FineTuneInput) string {
	return strings.Replace(pipeline.FineTuneID(in), "finetune-", "retrain-", 1)
}
