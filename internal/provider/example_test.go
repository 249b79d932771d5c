package provider_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"switchboard/internal/provider"
)

// Submitting exactly once: what an earlier attempt left behind is adopted.
func Example() {
	ctx := context.Background()
	client, err := provider.New(provider.Options{
		BaseURL:           "http://localhost:8080/v1",
		APIKey:            os.Getenv("OPENAI_API_KEY"),
		RequestsPerMinute: 3000,
	})
	if err != nil {
		fmt.Println(err) // a sentence about the setting that is wrong
		return
	}

	const hash, size = "9f86d081884c", 1 << 20
	name := "train-" + hash + ".jsonl"
	file, found, err := client.FindFile(ctx, name, size, provider.PurposeFineTune)
	if err == nil && !found {
		var content *os.File
		if content, err = os.Open(name); err == nil {
			defer content.Close()
			file, err = client.UploadFile(ctx, name, content, size, provider.PurposeFineTune)
		}
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	job, found, err := client.FindJob(ctx, "training", hash, "switchboard-"+hash)
	if err == nil && !found {
		job, err = client.CreateJob(ctx, provider.JobRequest{
			BaseModel:    "base-1",
			TrainingFile: file.ID,
			Suffix:       "switchboard-" + hash,
			Metadata:     map[string]string{"training": hash},
		})
	}
	var e *provider.Error
	switch {
	case errors.As(err, &e) && e.Permanent:
		fmt.Println("nothing to wait for:", err)
	case errors.As(err, &e):
		fmt.Println("again in", e.RetryAfter)
	default:
		fmt.Println(job.ID, job.Status)
	}
}
