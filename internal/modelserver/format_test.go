package modelserver

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
)

// inEnum is a question whose answer must be one of the labels.
func inEnum(model, text, schema string) openai.ChatCompletionRequest {
	request := ask(model, text)
	request.LogProbs, request.TopLogProbs = true, 5
	request.ResponseFormat = &openai.ChatCompletionResponseFormat{
		Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
		JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "answer", Strict: true, Schema: json.RawMessage(schema)},
	}
	return request
}

const twoTopics = `{"type": "object", "properties": {"company": {"type": "string", "enum": ["TuneBox", "ParcelPro", "NobodyKnows"]}},
	"required": ["company"], "additionalProperties": false}`

// The likeliest label of all is not in the enum: the answer is the likelier of
// those that are, with the probability that it has among them.
func TestAnswerIsOneOfTheEnum(t *testing.T) {
	r, _ := start(t, Options{})
	model := r.trained(t)
	const text = "my flight is late and so is the courier with my parcel and luggage"
	free := ask(model, text)
	free.LogProbs, free.TopLogProbs = true, 5
	probability := map[string]float64{}
	for _, c := range must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), free)).Choices[0].LogProbs.Content[0].TopLogProbs {
		probability[c.Token] = math.Exp(c.LogProb)
	}

	answer := must[openai.ChatCompletionResponse](t)(r.client.CreateChatCompletion(t.Context(), inEnum(model, text, twoTopics)))
	choice := answer.Choices[0]
	if choice.Message.Content != `{"company":"ParcelPro"}` {
		t.Fatalf("the answer is %s", choice.Message.Content)
	}
	var whole strings.Builder
	for _, token := range choice.LogProbs.Content {
		whole.WriteString(token.Token)
	}
	if whole.String() != choice.Message.Content || answer.Usage.CompletionTokens != len(choice.LogProbs.Content) {
		t.Errorf("tokens %q of usage %d are not the answer", whole.String(), answer.Usage.CompletionTokens)
	}
	label := choice.LogProbs.Content[1]
	want := probability["ParcelPro"] / (probability["ParcelPro"] + probability["TuneBox"])
	if got := math.Exp(label.LogProb); math.Abs(got-want) > 1e-6 {
		t.Errorf("its probability is %v, want %v", got, want)
	}
	if len(label.TopLogProbs) != 2 || label.TopLogProbs[1].Token != `"TuneBox"` {
		t.Errorf("the runners-up are %+v, want TuneBox alone after the answer", label.TopLogProbs)
	}
}

func TestSchemaThatCannotBeFollowed(t *testing.T) {
	r, _ := start(t, Options{})
	model := r.trained(t)
	for name, schema := range map[string]string{
		"no object":              `{"type": "string", "enum": ["TuneBox"]}`,
		"two properties":         `{"type": "object", "properties": {"a": {"enum": ["TuneBox"]}, "b": {"enum": ["TuneBox"]}}}`,
		"no enum":                `{"type": "object", "properties": {"company": {"type": "string"}}}`,
		"numbers":                `{"type": "object", "properties": {"company": {"enum": [1, 2]}}}`,
		"none of the labels":     `{"type": "object", "properties": {"company": {"enum": ["NobodyKnows"]}}}`,
		"a schema of other type": `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.client.CreateChatCompletion(t.Context(), inEnum(model, "my flight", schema))
			var refused *openai.APIError
			if !errors.As(err, &refused) || refused.HTTPStatusCode != http.StatusBadRequest || refused.Param == nil || *refused.Param != schemaParam {
				t.Errorf("it gives %v, want 400 about %s", err, schemaParam)
			}
		})
	}
}
