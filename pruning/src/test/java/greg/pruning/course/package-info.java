/** The tables of docs/course, computed by the real code and compared with what the documents say. */
package greg.pruning.course;
