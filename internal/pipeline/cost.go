package pipeline

// Price is what a provider asks for one base model and what is made of it.
type Price struct {
	// Provider is its name, for people.
	Provider string `json:"provider"`
	// URL is what the provider's base URL begins with; empty is any.
	URL       string `json:"url,omitempty"`
	BaseModel string `json:"base_model"`
	// Vocabulary is how the provider counts tokens: one of package cost's Vocabularies.
	Vocabulary string `json:"vocabulary"`
	// Epochs is how often the trainer goes through the examples if nobody
	// says; 0 is OpenAI's rule, see package cost's Passes.
	Epochs int `json:"epochs,omitempty"`
	// Training, Input and Output are US dollars for a million tokens: of
	// the training file, each as often as there are epochs; of what a
	// fine-tuned model is asked; and of what it answers.
	Training float64 `json:"training"`
	Input    float64 `json:"input"`
	Output   float64 `json:"output"`
	// BatchShare is the part of Input and Output that a request in a batch
	// costs, above 0 and at most 1.
	BatchShare float64 `json:"batch_share"`
	// Source and Read say where and when the prices were read.
	Source string `json:"source"`
	Read   string `json:"read"`
}

// Answers is the price in US dollars of so many tokens of questions and of
// answers, as a fine-tuned model has them, in batches or not.
func (p Price) Answers(questions, answers int64, batches bool) float64 {
	price := (float64(questions)*p.Input + float64(answers)*p.Output) / 1e6
	if batches {
		price *= p.BatchShare
	}
	return price
}

// CostEstimate is what one provider's price makes of a fine-tuning. Money is in US
// dollars.
type CostEstimate struct {
	Price Price `json:"price"`
	// Chosen is true for the base model of the run.
	Chosen bool `json:"chosen,omitempty"`
	// Examples is how many are trained, Epochs how often each.
	Examples int64 `json:"examples"`
	Epochs   int   `json:"epochs"`
	// TrainingTokens are those of all epochs together; EvaluationTokens
	// those of the questions and answers that judge the model.
	TrainingTokens   int64 `json:"training_tokens"`
	EvaluationTokens int64 `json:"evaluation_tokens"`
	// Training and Evaluation are what the run spends.
	Training   float64 `json:"training_usd"`
	Evaluation float64 `json:"evaluation_usd"`
	// Thousand is what a thousand conversations cost that are like those of
	// the test set, asked one by one; ThousandInBatches in batches.
	Thousand          float64 `json:"thousand_usd"`
	ThousandInBatches float64 `json:"thousand_in_batches_usd"`
}

// Total is what the run spends.
func (e CostEstimate) Total() float64 { return e.Training + e.Evaluation }
