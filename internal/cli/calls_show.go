package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"switchboard/internal/pipeline"
)

func (a *app) callsShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show CALL",
		Short: "Show one call: what was said, redacted, and its answer",
		Long: `Show one call: what was said, redacted, and its answer.

Names and numbers of people were replaced before the call was stored; there is no
other transcript.`,
		Example: "  starter calls show call-0042",
		Args:    oneArg("call id"),
		RunE: a.withServer(func(ctx context.Context, c *connection, args []string) (view, error) {
			return a.showCall(ctx, c, args[0])
		}),
	}
}

func (a *app) showCall(ctx context.Context, c *connection, id string) (callDetails, error) {
	var d callDetails
	err := a.requestSealed(ctx, c, pipeline.ShowCallActivity, func(key []byte) any {
		return pipeline.ShowCallInput{CallID: id, Key: key}
	}, &d.CallDetails)
	return d, err
}

type callDetails struct{ pipeline.CallDetails }

func (d callDetails) write(t *text) {
	switch d.Status {
	case "":
		t.fact("company", "not answered yet")
	case pipeline.AnswerRejected:
		t.fact("company", "not answered: the call was given up")
		t.fact("reason", reasonOf(d.ErrorCode))
	default:
		t.fact("company", d.Company)
		t.fact("answer", d.answer())
	}
	writeTask(t, d.Task)
	t.fact("model", d.Model)
	t.fact("channel", d.Channel)
	t.fact("language", d.Language)
	if !d.ReceivedAt.IsZero() {
		t.fact("received", t.at(d.ReceivedAt))
	}
	t.fact("stored", t.at(d.StoredAt))
	if d.AnswerSeconds != nil {
		t.fact("took", seconds(*d.AnswerSeconds)+" from its event to its answer")
	}
	t.fact("replaced", tally(d.Spans)...)
	switch d.Status {
	case pipeline.AnswerFailed:
		t.fact("next", "starter calls retry "+d.CallID)
	case pipeline.AnswerRejected:
		t.fact("next", "starter calls dead-letters")
	}
	if len(d.Turns) > 0 {
		t.line("")
	}
	for _, turn := range d.Turns {
		side := turn.Side
		if side == "" {
			side = "-"
		}
		t.line("%s", strings.TrimRight(fmt.Sprintf("%-9s %s", side, turn.Text), " "))
	}
}

// answer says how sure the model was, and of what.
func (d callDetails) answer() string {
	line := answerOf(d.Status, d.Confidence, d.ErrorCode)
	if d.Named != "" && d.Named != d.Company {
		line += fmt.Sprintf(" for %s; the threshold is %.2f", d.Named, d.Threshold)
	}
	if d.RunnerUp.Label != "" {
		line += fmt.Sprintf("; the next likely is %s with %.2f", d.RunnerUp.Label, d.RunnerUp.Probability)
	}
	return line
}

// reasonOf says what the reason is for which a call was given up.
func reasonOf(code string) string {
	meaning := map[string]string{
		"bad-input": "the call cannot be analyzed as things are, such as without a champion of its task, or its recording cannot be used",
		"refused":   "the anonymizer has not passed its evaluation on calls, the provider refuses, or there is no recognizer for recordings",
		"gave-up":   "what was to pass by itself did not within a day",
	}[code]
	if meaning == "" {
		return code
	}
	return code + ": " + meaning
}

// answerOf is the answer to a call in a few words.
func answerOf(status pipeline.AnswerStatus, confidence float64, code string) string {
	switch {
	case status == pipeline.AnswerEmpty:
		return "empty: nobody says anything"
	case status == pipeline.AnswerNoSpeech:
		return "no_speech: nobody says anything in the recording"
	case code != "":
		return fmt.Sprintf("%s (%s)", status, code)
	}
	return fmt.Sprintf("%s, with a confidence of %.2f", status, confidence)
}
