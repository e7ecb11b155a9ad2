/** Networks of the paper, one file per family, with the names of torchvision and of the usual CIFAR implementations. */
package greg.nn.model;
