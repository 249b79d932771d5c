package layout

import "testing"

// Runs of earlier versions are read at these paths, and people have scripts on
// them: none may change.
func TestPathsStay(t *testing.T) {
	r := Of("finetune-tweets-1a2b3c4d", "run-1")
	for want, got := range map[string]string{
		"manifest.json":                                    r.Manifest(),
		"privacy.json":                                     r.Privacy(),
		"cost.json":                                        r.Cost(),
		"load.json":                                        r.LoadReport(),
		"duplicates.parquet":                               r.Duplicates(),
		"conversations/part-00000.parquet":                 r.Conversations(0),
		"anonymized/part-00007.parquet":                    r.Anonymized(7),
		"audit/part-00012.parquet":                         r.Audit(12),
		"predictions/part-12345.parquet":                   r.Predictions(12345),
		"split/train.parquet":                              r.Split(Train),
		"split/validation.parquet":                         r.Split(Validation),
		"split/test.parquet":                               r.Split(Test),
		"split.json":                                       r.SplitReport(),
		"finetune/train.jsonl":                             r.Uploaded(Train),
		"finetune/validation.jsonl":                        r.Uploaded(Validation),
		"finetune/labels.json":                             r.Labels(),
		"finetune/job.json":                                r.Job(),
		"finetune/events.jsonl":                            r.Events(),
		"metrics/step_metrics.csv":                         r.StepMetrics(),
		"metrics/curves.png":                               r.Curves(),
		"evaluation/prompt-few-shot.txt":                   r.Prompt("few-shot"),
		"evaluation/test-predictions.parquet":              r.Answers("test"),
		"evaluation/scores.json":                           r.Scores(),
		"evaluation/report.json":                           r.Report(),
		"evaluation/report.html":                           r.ReportPage(),
		"evaluation/confusion.png":                         r.Confusion(),
		"output/output.csv":                                r.Output(),
		"output/analyze.png":                               r.Chart(),
		"output/report.html":                               r.OutputPage(),
		"output/summary.json":                              r.Summary(),
		"output/companies.json":                            r.Companies(),
		"output/call.json":                                 r.Call(),
		"comparison.json":                                  r.Comparison(),
		"champion-predictions.parquet":                     r.ChampionAnswers(),
		"anonymized/part-00003.parquet.saved-v1":           r.Saved(3, "v1"),
		"anonymized/part-00003.parquet.saved-0123456789ab": r.Saved(3, "0123456789abcdef"),
	} {
		if got != "finetune-tweets-1a2b3c4d/run-1/"+want {
			t.Errorf("got %s, want %s in the run's folder", got, want)
		}
	}
}
