package pipeline

// CheckRunActivity looks at all that a run is refused for, before it is started, so
// that a mistyped command leaves no failed run behind. It is a request on
// [ControlTaskQueue]. The run looks again: others start runs too, and a schedule
// does without asking.
const CheckRunActivity = "CheckRun"

// CheckRunInput is what a run would be started with: one of these.
type CheckRunInput struct {
	FineTune *FineTuneInput    `json:"fine_tune,omitempty"`
	Apply    *ApplyInput       `json:"apply,omitempty"`
	Evaluate *EvaluateInput    `json:"evaluate,omitempty"`
	Call     *AnalyzeCallInput `json:"call,omitempty"`
	Retrain  *RetrainInput     `json:"retrain,omitempty"`
}

// CheckRunResult is empty where nothing stands against the run. A refusal is an
// answer, and no failure of the activity, which would be listed.
type CheckRunResult struct {
	// Refusal is the kind of failure that the run would end with, Reason the
	// sentence.
	Refusal string `json:"refusal,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Check is what is to be looked at before a run of this input is started.
func (in FineTuneInput) Check() CheckRunInput { return CheckRunInput{FineTune: &in} }

// Check is as that of [FineTuneInput].
func (in ApplyInput) Check() CheckRunInput { return CheckRunInput{Apply: &in} }

// Check is as that of [FineTuneInput].
func (in EvaluateInput) Check() CheckRunInput { return CheckRunInput{Evaluate: &in} }

// Check is as that of [FineTuneInput].
func (in AnalyzeCallInput) Check() CheckRunInput { return CheckRunInput{Call: &in} }

// Check is as that of [FineTuneInput].
func (in RetrainInput) Check() CheckRunInput { return CheckRunInput{Retrain: &in} }
