package host

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"switchboard/internal/modelserver"
	"switchboard/internal/pipeline"
)

// createdSchedule is what `schedule create --json` prints.
type createdSchedule struct {
	Change   string      `json:"change"`
	NextRuns []time.Time `json:"next_runs"`
	Notes    []string    `json:"notes"`
}

func (s *site) createSchedule(args ...string) (code int, made createdSchedule, stderr string) {
	s.t.Helper()
	code, stdout, stderr := s.run(append([]string{"schedule", "create", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &made); err != nil {
		s.t.Fatalf("%v\n%s", err, stdout)
	}
	return code, made, stderr
}

// schedules are the ids of all that the server has, those of nobody included.
func (s *site) schedules() (ids []string) {
	s.t.Helper()
	it, err := s.client.ScheduleClient().List(s.t.Context(), client.ScheduleListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for it.HasNext() {
		entry, err := it.Next()
		if err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, entry.ID)
	}
	return ids
}

// exists asks the schedule itself, which a list may learn of a moment later.
func (s *site) exists(id string) bool {
	_, err := s.client.ScheduleClient().GetHandle(s.t.Context(), id).Describe(s.t.Context())
	return err == nil
}

// Whoever makes a schedule sees when it runs, and where its expression may have
// been meant in another way; one that never runs is not made. No worker is needed
// for that.
func TestScheduleShowsItsNextRuns(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	for name, c := range map[string]struct {
		cron, zone string
		// matches tells whether a run is at such a time.
		matches func(time.Time) bool
		note    string
	}{
		"weekly":                  {"0 3 * * MON", "Europe/Berlin", func(at time.Time) bool { return at.Weekday() == time.Monday && at.Hour() == 3 }, ""},
		"daily word":              {"@daily", "", func(at time.Time) bool { return at.Hour() == 0 && at.Minute() == 0 }, ""},
		"zone in the expression":  {"TZ=Asia/Kolkata 15 9 * * *", "", func(at time.Time) bool { return at.Hour() == 9 && at.Minute() == 15 }, ""},
		"six fields":              {"0 0 3 * * *", "", func(at time.Time) bool { return at.Day() == 3 && at.Hour() == 0 }, `for programs that put seconds first, give "0 3 * * *"`},
		"a year":                  {"0 0 1 1 * 2099", "", func(at time.Time) bool { return at.Year() == 2099 }, ""},
		"seven fields":            {"30 0 3 * * * *", "", func(at time.Time) bool { return at.Hour() == 3 && at.Second() == 30 }, ""},
		"step beyond the hour":    {"*/90 * * * *", "", func(at time.Time) bool { return at.Minute() == 0 }, "so it matches once in each hour"},
		"leap day":                {"0 0 29 2 *", "", func(at time.Time) bool { return at.Month() == time.February && at.Day() == 29 }, ""},
		"Friday the 13th":         {"0 0 13 * FRI", "", func(at time.Time) bool { return at.Day() == 13 && at.Weekday() == time.Friday }, "both the day of the month and the day of the week"},
		"hour that is left out":   {"30 2 * * *", "Europe/Berlin", func(at time.Time) bool { return at.Hour() == 2 && at.Minute() == 30 }, "the run of 02:30 is left out"},
		"hour that comes twice":   {"15 1 * * *", "America/New_York", func(at time.Time) bool { return at.Hour() == 1 }, "the run of 01:15 comes twice"},
		"hour of the later copy":  {"15 2 * * 1-6", "Europe/Berlin", func(at time.Time) bool { return at.Hour() == 2 }, ""},
		"Southern summer":         {"30 2 * * SUN", "Australia/Sydney", func(at time.Time) bool { return at.Hour() == 2 }, "the run of 02:30 is left out"},
		"half an hour moved":      {"10 2 * * *", "Australia/Lord_Howe", func(at time.Time) bool { return at.Hour() == 2 }, "the run of 02:10 comes at 02:40"},
		"hour beside the change":  {"30 4 * * *", "Europe/Berlin", func(at time.Time) bool { return at.Hour() == 4 }, ""},
		"every quarter, any zone": {"*/15 * * * *", "Europe/Berlin", func(at time.Time) bool { return at.Minute()%15 == 0 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"--dataset", "/x.csv", "--id", strings.ReplaceAll(name, " ", "-"), "--cron", c.cron}
			if c.zone != "" {
				args = append(args, "--time-zone", c.zone)
			}
			code, made, stderr := s.createSchedule(args...)
			if code != 0 || made.Change != "created" || len(made.NextRuns) == 0 {
				t.Fatalf("exit code %d, %+v, %s", code, made, stderr)
			}
			for _, at := range made.NextRuns {
				if !c.matches(at) {
					t.Errorf("a run at %s does not match %s", at, c.cron)
				}
			}
			said := slices.DeleteFunc(made.Notes, func(note string) bool { return strings.HasPrefix(note, "no worker") })
			if c.note == "" && len(said) > 0 || c.note != "" && !strings.Contains(strings.Join(said, "\n"), c.note) {
				t.Errorf("its notes are %q, want %q", said, c.note)
			}
		})
	}
	for _, cron := range []string{"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 1 1 * 2001", "0 0 3 * *  2020-2025"} {
		for _, id := range []string{"never", "weekly"} {
			code, _, stderr := s.run("schedule", "create", "--dataset", "/x.csv", "--cron", cron, "--id", id)
			if code != 2 || !strings.Contains(stderr, "would never run") {
				t.Errorf("%s: exit code %d, %q", cron, code, stderr)
			}
		}
	}
	if s.exists("never") {
		t.Error("a schedule that never runs was made")
	}
	if _, stdout, _ := s.run("schedule", "describe", "weekly"); !strings.Contains(stdout, "0 3 * * MON Europe/Berlin") {
		t.Errorf("a refused change changed the schedule:\n%s", stdout)
	}
	for _, cron := range []string{"0 3 * *", "61 3 * * *", "0 30 * * * *", "at three"} {
		if code, _, stderr := s.run("schedule", "create", "--dataset", "/x.csv", "--cron", cron, "--id", "wrong"); code != 2 || s.exists("wrong") {
			t.Errorf("%s: exit code %d, %q", cron, code, stderr)
		}
	}
	if ids := s.schedules(); slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, "switchboard-times-") && s.exists(id) }) {
		t.Errorf("what was made to ask for the times is still there: %v", ids)
	}
}

// What is said of a change of the clock is what the server does: a time that the
// clock skips has no run, and one that it repeats has one or two.
func TestClockChangesAreAsTheServerHasThem(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	for _, c := range []struct {
		cron, zone, day string
		runs            int
	}{
		{"30 2 * * *", "Europe/Berlin", "2027-03-28", 0},
		{"30 2 * * *", "Europe/Berlin", "2027-03-29", 1},
		{"30 2 * * *", "Europe/Berlin", "2027-10-31", 1},
		{"30 1 * * *", "America/New_York", "2027-11-07", 2},
		{"30 2 * * *", "America/New_York", "2027-03-14", 0},
		{"10 2 * * *", "Australia/Lord_Howe", "2027-10-03", 1},
	} {
		if code, _, stderr := s.createSchedule("--dataset", "/x.csv", "--cron", c.cron, "--time-zone", c.zone, "--jitter", "0s"); code != 0 {
			t.Fatal(stderr)
		}
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.ParseInLocation(time.DateOnly, c.day, zone)
		if err != nil {
			t.Fatal(err)
		}
		if runs := s.matching("retrain", day, day.AddDate(0, 0, 1)); len(runs) != c.runs {
			t.Errorf("%s in %s on %s runs at %v, want %d runs", c.cron, c.zone, c.day, runs, c.runs)
		}
	}
}

func (s *site) matching(id string, from, to time.Time) (runs []time.Time) {
	s.t.Helper()
	answer, err := s.client.WorkflowService().ListScheduleMatchingTimes(s.t.Context(), &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: client.DefaultNamespace, ScheduleId: id, StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, at := range answer.GetStartTime() {
		runs = append(runs, at.AsTime())
	}
	return runs
}

// A schedule is made when a worker has found what its runs need.
func TestScheduleOfARunThatCannotBegin(t *testing.T) {
	s := newSite(t, pipeline.SearchAttributes...)
	models, err := modelserver.New(modelserver.Options{Dir: t.TempDir(), Keys: []string{"sk-test"}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = models.Close() })
	served := httptest.NewServer(models)
	t.Cleanup(served.Close)
	cfg := settings(t)
	cfg.ProviderURL, cfg.ProviderKey, cfg.BaseModel, cfg.RequestTimeout = served.URL+"/v1", "sk-test", "switchboard-softmax-1", 10*time.Second
	defer s.work(cfg).Stop()

	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rows := "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"
	for i := range 60 {
		rows += fmt.Sprintf("%d,AcmeHelp,False,,we look into it,,\n", i+1)
	}
	good := write("tweets.csv", rows)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no such file":         {[]string{"--dataset", filepath.Join(dir, "absent.csv")}, "there is no file"},
		"a folder":             {[]string{"--dataset", dir}, "is a folder"},
		"no such columns":      {[]string{"--dataset", write("other.csv", "id,body\n1,hello\n")}, "tweet_id"},
		"no such base model":   {[]string{"--dataset", good, "--base-model", "gpt-absent"}, "gpt-absent"},
		"no such URL's file":   {[]string{"--dataset", "file://" + filepath.Join(dir, "absent.csv")}, "there is no file"},
		"size beyond the file": {[]string{"--dataset", good, "--target-size", "61"}, "the target size is 61"},
		"no price to keep to":  {[]string{"--dataset", good, "--base-model", "gpt-absent", "--max-cost", "3"}, "price"},
	} {
		t.Run(name, func(t *testing.T) {
			code, made, stderr := s.createSchedule(append(c.args, "--cron", "0 3 * * *", "--id", "refused")...)
			if code != 2 || !strings.Contains(stderr, c.says) || s.exists("refused") {
				t.Errorf("exit code %d, %q; it is there: %v", code, stderr, s.exists("refused"))
			}
			if made.Change != "refused" || len(made.NextRuns) == 0 {
				t.Errorf("the answer is %+v", made)
			}
		})
	}
	code, made, stderr := s.createSchedule("--dataset", good, "--every", "6h", "--id", "good")
	if code != 0 || len(made.NextRuns) != 5 || len(made.Notes) > 0 || !s.exists("good") {
		t.Errorf("exit code %d, %+v, %q", code, made, stderr)
	}
	for i := range made.NextRuns[1:] {
		if apart := made.NextRuns[i+1].Sub(made.NextRuns[i]); apart != 6*time.Hour {
			t.Errorf("runs are %s apart", apart)
		}
	}
	if code, _, stderr := s.createSchedule("--dataset", good, "--every", "6h", "--id", "good"); code != 0 {
		t.Errorf("a change: exit code %d, %q", code, stderr)
	}
}
