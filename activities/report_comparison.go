package activities

import (
	"context"
	"io"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/dataset"
	"switchboard/internal/evaluate"
	"switchboard/internal/layout"
	"switchboard/internal/pipeline"
	"switchboard/internal/reports"
)

// Contender is a model of a comparison: what it was called, and what came of judging it.
type Contender struct {
	Name string `json:"name"`
	// Failure says why there is no result.
	Failure string                  `json:"failure,omitempty"`
	Result  pipeline.EvaluateResult `json:"result,omitzero"`
}

// ReportComparisonInput names the models that were judged on the same splits.
type ReportComparisonInput struct {
	Contenders []Contender `json:"contenders"`
	// Train is what tells which classes are trained.
	Train artifact.Ref `json:"train"`
	// Precision is what the thresholds are calibrated to.
	Precision float64        `json:"precision"`
	Seed      int64          `json:"seed"`
	Turns     pipeline.Turns `json:"turns,omitempty"`
	At        time.Time      `json:"at"`
	// Dataset is the name of the file that the splits are of, Run the folder of the
	// fine-tuning that made them.
	Dataset string `json:"dataset,omitempty"`
	Run     string `json:"run"`
	Dir     string `json:"dir"`
}

// ReportComparisonResult is the table, and names the files that hold it.
type ReportComparisonResult struct {
	Models []pipeline.ComparedModel `json:"models"`
	JSON   artifact.Ref             `json:"json"`
	HTML   artifact.Ref             `json:"html"`
}

// ReportComparison sets models side by side: what their own reports say, and what would
// come of the first one and each other as a cascade.
func (d *Data) ReportComparison(ctx context.Context, in ReportComparisonInput) (ReportComparisonResult, error) {
	var result ReportComparisonResult
	for _, c := range in.Contenders {
		row := pipeline.FailedModel(c.Name, c.Failure)
		if c.Failure == "" {
			var err error
			if row, err = d.compared(ctx, c); err != nil {
				return result, err
			}
		}
		result.Models = append(result.Models, row)
	}
	cascades, err := d.cascades(ctx, in)
	if err != nil {
		return result, err
	}
	result.Models = append(result.Models, cascades...)
	page := reports.Comparison{
		Version: reports.ComparisonVersion, At: in.At, Dataset: in.Dataset, Run: in.Run, Turns: in.Turns, Precision: in.Precision, Models: result.Models,
	}
	dir := layout.Run(in.Dir)
	if result.JSON, err = d.Store.WriteJSON(ctx, dir.Report(), page); err != nil {
		return result, err
	}
	result.HTML, err = d.draw(ctx, dir.ReportPage(), func(w io.Writer) error { return reports.WriteComparison(w, page) })
	return result, err
}

// compared is the row of a model that was judged.
func (d *Data) compared(ctx context.Context, c Contender) (pipeline.ComparedModel, error) {
	var report reports.Evaluation
	if err := d.Store.ReadJSON(ctx, c.Result.JSON, &report); err != nil {
		return pipeline.ComparedModel{}, err
	}
	row := reports.RowOf(c.Name, report)
	row.Report = c.Result.Report
	about := c.Result.Contender
	if about == nil {
		return row, nil
	}
	row.TrainingSeconds, row.TrainedTokens, row.AnswersPerSecond = about.Job.Seconds, about.Job.TrainedTokens, about.AnswersPerSecond
	row.ModelBytes = about.Job.ModelBytes
	if price, known := d.Prices.Find(about.Provider, about.BaseModel); known && row.TrainedTokens > 0 {
		row.Cost, row.Priced = float64(row.TrainedTokens)/1e6*price.Training, true
	}
	return row, nil
}

// cascades asks the first model that was judged, and each other about what it leaves.
func (d *Data) cascades(ctx context.Context, in ReportComparisonInput) ([]pipeline.ComparedModel, error) {
	examples, err := rows[dataset.Example](ctx, d.Store, in.Train)
	if err != nil {
		return nil, err
	}
	trained := dataset.Labels(examples)
	var first *splitAnswers
	var list []pipeline.ComparedModel
	for _, c := range in.Contenders {
		if c.Failure != "" || c.Result.Contender == nil {
			continue
		}
		said, err := d.splitAnswers(ctx, c)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = &said
			continue
		}
		cascade := evaluate.CalibrateCascade(first.validation, said.validation, in.Precision)
		answers, asked := cascade.Answers(first.test, said.test)
		list = append(list, reports.CascadeRow(first.name, said.name,
			evaluate.Judge(answers, trained, evaluate.CascadeThreshold, uint64(in.Seed)), evaluate.ShareOf(asked, len(answers))))
	}
	return list, nil
}

// splitAnswers are a model's to both splits.
type splitAnswers struct {
	name             string
	validation, test []evaluate.Answer
}

func (d *Data) splitAnswers(ctx context.Context, c Contender) (splitAnswers, error) {
	of := c.Result.Contender
	validation, err := d.answers(ctx, of.Validation, of.ValidationPredictions)
	if err != nil {
		return splitAnswers{}, err
	}
	test, err := d.answers(ctx, of.Test, of.TestPredictions)
	return splitAnswers{c.Name, validation.answers, test.answers}, err
}
