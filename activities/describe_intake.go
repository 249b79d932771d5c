package activities

import (
	"context"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/pipeline"
)

// DescribeIntake says how far the intake of calls is.
func (c *Control) DescribeIntake(ctx context.Context) (pipeline.IntakeState, error) {
	s := pipeline.IntakeState{Kafka: c.Kafka != nil, Partitions: []pipeline.PartitionLag{}}
	flag, err := c.Results.Intake(ctx)
	if err != nil {
		return s, err
	}
	if flag.Paused {
		s.Paused, s.PausedBy = flag.Since, flag.By
	}
	if s.Open, err = c.openCalls(ctx); err != nil || !s.Kafka {
		return s, err
	}
	lags, err := c.Kafka.Lag(ctx)
	if err != nil {
		return s, err
	}
	for _, l := range lags {
		s.Partitions = append(s.Partitions, pipeline.PartitionLag{Partition: l.Partition, Waiting: l.Waiting, Oldest: l.Oldest})
	}
	letters, _, err := c.Kafka.DeadLetters(ctx, pipeline.PageSize)
	for _, l := range letters {
		if !l.Replayed && !l.Discarded {
			s.DeadLetters++
		}
	}
	return s, err
}

// openCalls counts the calls that are being analyzed.
func (c *Control) openCalls(ctx context.Context) (int64, error) {
	answer, err := c.Server.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: c.Server.Namespace,
		Query:     fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", pipeline.AnalyzeCallWorkflow),
	})
	if err != nil {
		return 0, fmt.Errorf("counting the calls that are being analyzed: %w", err)
	}
	return answer.GetCount(), nil
}

// PauseIntake holds the intake, or lets it go on, and says how far it is.
func (c *Control) PauseIntake(ctx context.Context, in pipeline.PauseIntakeInput) (pipeline.IntakeState, error) {
	if err := c.Results.SetPaused(ctx, in.Pause, in.Who); err != nil {
		return pipeline.IntakeState{}, err
	}
	return c.DescribeIntake(ctx)
}
