/** Networks of the paper, one file a family, with the names of torchvision and of the usual CIFAR implementations. */
package greg.nn.model;
