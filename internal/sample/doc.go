// Package sample generates a data set of customer-support conversations that
// nobody ever held: fictional companies, customers and troubles, in the file
// format and with all the bad habits of Kaggle's "Customer Support on
// Twitter". It is what the project is tried on where the real file may not
// go, and the only data it ships.
//
// Everything follows from the seed: the same seed gives the same bytes.
//
//	set, err := sample.Generate(sample.Options{Seed: sample.Seed})
//	if err != nil { ... }
//	err = set.WriteTo("datasets/sample")
//
// Three things make it up, each in a place of its own:
//
//   - companies.csv says who there is: handle, sector, share of the threads,
//     how agents sign, which languages are spoken;
//   - grammar/ says what they say: one file a language for what could be said
//     to any company, one file a sector for its troubles and for the words of
//     its companies. Companies of one sector share most of theirs, which is
//     what makes them hard to tell apart;
//   - the code says how threads grow, fork and fray ([Generate]), and what
//     spreadsheets and data frames do to such a file afterwards (Planted).
//
// Personal names, e-mail addresses, phone numbers and booking codes are
// planted with their offsets kept, so that an anonymizer can be measured.
// Addresses are under example.com and the like, phone numbers from the ranges
// set aside for fiction, card numbers the well-known test numbers.
package sample
