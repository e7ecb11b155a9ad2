package greg.nn.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import greg.nn.NnModule;
import greg.nn.io.AtomicFile;
import greg.nn.io.CheckpointException;
import greg.nn.onnx.OnnxNetwork.Constant;
import greg.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a network as an ONNX file (operator set {@value #OPSET}): its input is {@code input}, float (N, C, H, W) with any N, normalised as
 * in training; its output {@code logits}, float (N, classes). Parameters keep their names, nodes have those of their layers.
 */
public final class OnnxFile {
    /** The operator set that is used. */
    public static final int OPSET = 17;

    /** The version of the format that came with it. */
    private static final int IR_VERSION = 8;

    /** Protocol buffers hold no more. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (1 << 20);

    private OnnxFile() {}

    /**
     * Writes the file, completely or not at all.
     *
     * @param channels of an image; the network is traced for images of this size
     * @param foldBatchNorm whether batch normalization becomes part of the convolution before it
     * @param metadata strings to store in the file, e.g. {@code architecture}, which becomes the name of the graph
     * @throws IllegalArgumentException if an op of the network has no ONNX form
     * @throws CheckpointException if the file cannot be written, or would exceed 2 GB
     */
    public static void write(
            Path file,
            NnModule network,
            int channels,
            int height,
            int width,
            boolean foldBatchNorm,
            Map<String, String> metadata) {
        OnnxNetwork traced = OnnxNetwork.of(network, channels, height, width);
        if (foldBatchNorm) BatchNormFolding.apply(traced);
        long bytes = traced.constants.values().stream()
                .mapToLong(c -> c.floats() != null ? 4L * c.floats().length : 8L * c.longs().length)
                .sum();
        if (bytes > MOST_BYTES) {
            throw new CheckpointException("write " + file + ": the weights have " + bytes
                    + " bytes, an ONNX file holds less than 2 GB; export as safetensors instead");
        }
        ModelProto model = model(traced, metadata);
        AtomicFile.write(file, out -> AtomicFile.writeFully(out, ByteBuffer.wrap(model.toByteArray())));
    }

    private static ModelProto model(OnnxNetwork network, Map<String, String> metadata) {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName(metadata.getOrDefault("architecture", "network"))
                .addInput(value(OnnxNetwork.INPUT, network.input))
                .addOutput(value(OnnxNetwork.OUTPUT, network.output));
        network.constants.forEach((name, constant) -> graph.addInitializer(tensor(name, constant)));
        network.nodes.forEach(node -> graph.addNode(node(node)));
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("greg")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(graph);
        new TreeMap<>(metadata)
                .forEach((key, text) -> model.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(text)));
        return model.build();
    }

    /** A value whose first dimension is the batch, of any size. */
    private static ValueInfoProto value(String name, Shape shape) {
        TensorShapeProto.Builder dims =
                TensorShapeProto.newBuilder().addDim(Dimension.newBuilder().setDimParam("N"));
        for (int i = 1; i < shape.rank(); i++) {
            dims.addDim(Dimension.newBuilder().setDimValue(shape.dim(i)));
        }
        TypeProto.Tensor type = TypeProto.Tensor.newBuilder()
                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                .setShape(dims)
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type))
                .build();
    }

    private static TensorProto tensor(String name, Constant constant) {
        boolean floats = constant.floats() != null;
        int elements = floats ? constant.floats().length : constant.longs().length;
        ByteBuffer bytes = ByteBuffer.allocate(elements * (floats ? Float.BYTES : Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        if (floats) bytes.asFloatBuffer().put(constant.floats());
        else bytes.asLongBuffer().put(constant.longs());
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(floats ? TensorProto.DataType.FLOAT_VALUE : TensorProto.DataType.INT64_VALUE)
                .setRawData(ByteString.copyFrom(bytes));
        if (constant.shape() != null) {
            for (int dim : constant.shape().dims()) tensor.addDims(dim);
        }
        return tensor.build();
    }

    private static NodeProto node(OnnxNode node) {
        NodeProto.Builder proto = NodeProto.newBuilder()
                .setName(node.name())
                .setOpType(node.type())
                .addAllInput(node.inputs())
                .addOutput(node.output());
        // in a fixed order, so that the same network gives the same bytes
        node.attributes().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> proto.addAttribute(attribute(entry.getKey(), entry.getValue())));
        return proto.build();
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder proto = AttributeProto.newBuilder().setName(name);
        if (value instanceof Long number) {
            return proto.setType(AttributeProto.AttributeType.INT).setI(number).build();
        }
        if (value instanceof Float number) {
            return proto.setType(AttributeProto.AttributeType.FLOAT)
                    .setF(number)
                    .build();
        }
        proto.setType(AttributeProto.AttributeType.INTS);
        for (long number : (long[]) value) proto.addInts(number);
        return proto.build();
    }
}
