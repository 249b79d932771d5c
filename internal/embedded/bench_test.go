package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"switchboard/internal/embedded"
)

// BenchmarkStart measures a first start on a new data file, up to the moment
// when everything answers.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := embedded.Start(b.Context(), embedded.Options{DataFile: filepath.Join(b.TempDir(), "temporal.db"), SearchAttributes: attributes})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.Stop()
		b.StartTimer()
	}
}

// BenchmarkStop measures the way down, without a worker.
func BenchmarkStop(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, err := embedded.Start(b.Context(), embedded.Options{DataFile: filepath.Join(b.TempDir(), "temporal.db")})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		s.Stop()
	}
}

// BenchmarkStep measures the time from one activity of a workflow to the next,
// through one data file. With more workflows at once it falls to the time that
// the process needs on its cores.
func BenchmarkStep(b *testing.B) {
	for _, workflows := range []int{1, 16} {
		b.Run(fmt.Sprintf("workflows=%d", workflows), func(b *testing.B) {
			s := start(b, embedded.Options{DataFile: filepath.Join(b.TempDir(), "temporal.db")})
			c := dial(b, s.Address())
			work(b, c)
			const steps = 40
			for b.Loop() {
				var runs []client.WorkflowRun
				for range workflows {
					run, err := c.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{TaskQueue: queue}, count, steps)
					if err != nil {
						b.Fatal(err)
					}
					runs = append(runs, run)
				}
				for _, run := range runs {
					if err := run.Get(b.Context(), nil); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*workflows*steps), "ms/activity")
			b.ReportMetric(resident(b), "resident-MB")
		})
	}
}

// resident returns the resident memory of this process in MB, 0 where the
// system does not tell.
func resident(b *testing.B) float64 {
	b.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kB float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kB); err == nil {
			return kB / 1024
		}
	}
	return 0
}
