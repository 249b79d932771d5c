package runs

import (
	"strings"
	"testing"
	"time"

	"switchboard/internal/problem"
)

func TestQuery(t *testing.T) {
	const all = "WorkflowType IN ('Apply', 'Evaluate', 'FineTune', 'Retrain')"
	const closed = " AND ExecutionStatus != 'ContinuedAsNew'"
	for _, c := range []struct {
		filter Filter
		query  string
		err    string
	}{
		{filter: Filter{}, query: all + closed},
		{filter: Filter{Kind: "call"}, query: "WorkflowType IN ('AnalyzeCall')" + closed},
		{filter: Filter{Status: "timed-out"}, query: all + " AND ExecutionStatus = 'TimedOut'"},
		{filter: Filter{Task: "airlines", Since: time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("", 3600))},
			query: all + closed + " AND SwitchboardTask = 'airlines' AND StartTime >= '2026-02-01T09:00:00Z'"},
		{filter: Filter{Kind: "tune"}, err: `"tune"; it can be one of apply, call, evaluate`},
		{filter: Filter{Status: "timed out' OR '1' = '1"}, err: "there is no status of runs"},
		{filter: Filter{Task: "x' OR '1' = '1"}, err: "the task is"},
	} {
		query, err := c.filter.Query()
		if query != c.query || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%+v: %q, %v; want %q, %q", c.filter, query, err, c.query, c.err)
		}
		if kind, _ := problem.KindOf(err); err != nil && kind != problem.BadInput {
			t.Errorf("%+v: %v is no mistake of who asks", c.filter, err)
		}
	}
}
