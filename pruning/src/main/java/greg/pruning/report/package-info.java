/** What a pruning run did, as text and JSON: accuracy, size and measured speed before and after. */
package greg.pruning.report;
