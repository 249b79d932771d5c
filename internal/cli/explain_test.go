package cli

import (
	"strings"
	"testing"

	"switchboard/internal/pipeline"
)

func TestExplained(t *testing.T) {
	v := explained{WorkflowID: "apply-production-1a2b3c4d", RunID: "run-2", ConversationID: 2176, Explanation: pipeline.Explanation{
		Model: "ft:switchboard-softmax-1:1a2b3c4d", Company: "BoltRail", Status: pipeline.AnswerClassified, Confidence: 0.9312, Threshold: 0.6213,
		Answers: []pipeline.LikelyAnswer{{Label: "BoltRail", Probability: 0.9312}, {Label: "AcmeHelp", Probability: 0.0401}},
		Label:   "BoltRail", Rival: "AcmeHelp",
		For:     []pipeline.WordWeight{{Word: "train", Weight: 1.32}, {Word: "platform", Weight: 0.5}},
		Against: []pipeline.WordWeight{{Word: "parcel", Weight: -0.4}},
	}}
	goldenView(t, "explain", v)
	v.Label, v.Rival, v.For, v.Against, v.Answers = "", "", nil, nil, nil
	goldenView(t, "explain-other-provider", v)
}

func TestExplainNamesWhatIsMissing(t *testing.T) {
	h := (&frontend{workers: true, ending: completion(fineTuned), closes: noon}).serve(t)
	for args, says := range map[string]string{
		"explain":                    "takes a run and a conversation id, not 0 arguments",
		"explain a 1 2":              "takes a run and a conversation id, not 3 arguments",
		"explain finetune-x-1 five":  `the conversation id is "five"; give a number from the column conversation_id`,
		"explain finetune-x-1 -- -5": `the conversation id is "-5"`,
		"explain finetune-x-1 5":     "the run finetune-x-1 is of the type FineTune; only an `apply` or a `call`",
		"explain nobody 5":           "there is no run nobody",
	} {
		if r := h.run(strings.Fields(args)...); r.code != exitBadInput || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q; want %q", args, r.code, r.stderr, says)
		}
	}
	h = (&frontend{workers: true, workflowType: pipeline.ApplyWorkflow, ending: completion(applied), closes: noon}).serve(t)
	if r := h.run("explain", "apply-x-1"); r.code != exitBadInput || !strings.Contains(r.stderr, "no conversation is given; name one by an id") {
		t.Errorf("without a conversation: exit code %d, %q", r.code, r.stderr)
	}
}
