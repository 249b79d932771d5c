package classifier_test

import (
	"context"
	"fmt"

	"switchboard/internal/classifier"
)

func ExampleTrain() {
	train := []classifier.Example{
		{Text: "my flight is late again", Label: "Airline"},
		{Text: "which gate is my flight at", Label: "Airline"},
		{Text: "lost a bag on the flight home", Label: "Airline"},
		{Text: "my parcel never arrived", Label: "Shop"},
		{Text: "the parcel was damaged when it arrived", Label: "Shop"},
		{Text: "where is the parcel I paid for", Label: "Shop"},
	}
	model, err := classifier.Train(context.Background(), train, nil, classifier.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Predict("no sign of a parcel")[0].Label)
	fmt.Println(model.Predict("is my flight on time?")[0].Label)
	// Output:
	// Shop
	// Airline
}
