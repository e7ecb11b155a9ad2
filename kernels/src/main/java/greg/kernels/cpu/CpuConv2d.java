package greg.kernels.cpu;

import greg.kernels.Conv2dKernels;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.cpu.ConvPlanner.Direction;
import greg.kernels.spec.Conv2dSpec;
import java.util.Optional;

/** Convolutions through oneDNN; x (N, Cin, H, W), w (Cout, Cin/groups, KH, KW) dense, y (N, Cout, OH, OW). */
final class CpuConv2d implements Conv2dKernels {
    private final HostMemory memory;
    private final Reorders reorders;
    private final WeightFormats formats;
    private final ConvPlanner planner;
    private final Plans<ConvPlan> plans;
    private final Plans<Optional<ConvPlan>> adding;
    private final CpuElementwise elementwise;

    private record Key(
            Direction direction, Conv2dSpec spec, DType type, Layout given, Layout preferred, boolean bias) {}

    private final LayoutChoice choice;

    CpuConv2d(OneDnn dnn, HostMemory memory, Reorders reorders, LayoutChoice choice, CpuElementwise elementwise) {
        this.memory = memory;
        this.reorders = reorders;
        this.choice = choice;
        this.formats = new WeightFormats(reorders);
        this.planner = new ConvPlanner(dnn, choice, formats);
        this.plans = new Plans<>(dnn);
        this.adding = new Plans<>(dnn);
        this.elementwise = elementwise;
    }

    @Override
    public void forward(Conv2dSpec spec, Storage x, Storage w, Storage bias, Storage y) {
        CpuStorage input = CpuStorage.of(x);
        CpuStorage output = CpuStorage.of(y);
        ConvPlan conv = plan(Direction.FORWARD, spec, CpuStorage.type(input, output), input.layout(), bias != null);
        CpuStorage source = asX(conv, spec, input);
        CpuStorage target = reorders.target(conv.type(), output);
        conv.plan().bind(0, source).bind(1, weight(conv, w)).bind(2, target);
        if (bias != null) conv.plan().bind(3, CpuStorage.dense(bias));
        conv.plan().run();
        reorders.wrote(target, conv.layouts().y(), output, spec.yDims());
        source.release();
    }

    @Override
    public void backwardData(Conv2dSpec spec, Storage w, Storage dy, Storage dx) {
        CpuStorage gradient = CpuStorage.of(dy);
        CpuStorage output = CpuStorage.of(dx);
        ConvPlan conv =
                plan(Direction.BACKWARD_DATA, spec, CpuStorage.type(gradient, output), gradient.layout(), false);
        CpuStorage source = asY(conv, spec, gradient);
        CpuStorage target = reorders.target(conv.type(), output);
        conv.plan().bind(0, source).bind(1, weight(conv, w)).bind(2, target).run();
        reorders.wrote(target, conv.layouts().x(), output, spec.xDims());
        source.release();
    }

    /** Not in bfloat16, where an addition reads half as much and mirroring the weight costs what it does in float32. */
    @Override
    public boolean accumulates(Conv2dSpec spec) {
        return memory.activationType() == DType.FLOAT32 && ConvPreference.adds(spec);
    }

    @Override
    public void addBackwardData(Conv2dSpec spec, Storage w, Storage dy, Storage dx) {
        CpuStorage gradient = CpuStorage.of(dy);
        CpuStorage sum = CpuStorage.of(dx);
        DType type = CpuStorage.type(gradient, sum);
        Layout preferred = choice.preferred(Layout.BLOCK);
        Key key = new Key(Direction.BACKWARD_DATA, spec, type, gradient.layout(), preferred, false);
        ConvPlan conv = adding.get(key, () -> Optional.ofNullable(planner.adding(spec, type, gradient.layout())))
                .orElse(null);
        if (conv == null) {
            CpuStorage term = memory.temporary(type, sum.length());
            backwardData(spec, w, dy, term);
            elementwise.add(spec.xDims(), sum, term, sum);
            term.release();
            return;
        }
        CpuStorage source = asY(conv, spec, gradient);
        CpuStorage terms = asX(conv, spec, sum);
        conv.plan().bind(0, source).bind(1, weight(conv, w)).bind(2, terms).run();
        reorders.wrote(terms, conv.layouts().x(), sum, spec.xDims());
        source.release();
    }

    @Override
    public void backwardWeights(Conv2dSpec spec, Storage x, Storage dy, Storage dw, Storage db) {
        CpuStorage gradient = CpuStorage.of(dy);
        DType type = CpuStorage.type(CpuStorage.of(x), gradient);
        ConvPlan conv = plan(Direction.BACKWARD_WEIGHTS, spec, type, gradient.layout(), db != null);
        CpuStorage input = asX(conv, spec, CpuStorage.of(x));
        CpuStorage source = asY(conv, spec, gradient);
        CpuStorage output = CpuStorage.of(dw);
        conv.plan().bind(0, input).bind(1, source);
        if (db != null) conv.plan().bind(3, CpuStorage.of(db));
        WeightFormat format = conv.format();
        if (format.plain()) {
            conv.plan().bind(2, output).run();
        } else {
            CpuStorage packed = (CpuStorage) memory.allocate(DType.UINT8, format.bytes());
            conv.plan().bind(2, packed).run();
            format.unpack(packed, output);
            packed.release();
        }
        output.wrotePlain();
        if (db != null) CpuStorage.of(db).wrotePlain();
        source.release();
        input.release();
    }

    /** The plan for a leading operand in layout {@code given}; for tests too. */
    ConvPlan plan(Direction direction, Conv2dSpec spec, DType type, Layout given, boolean bias) {
        Key key = new Key(direction, spec, type, given, choice.preferred(Layout.BLOCK), bias);
        return plans.get(key, () -> planner.plan(direction, spec, type, given, bias));
    }

    private CpuStorage weight(ConvPlan conv, Storage w) {
        CpuStorage dense = CpuStorage.dense(w);
        return conv.format().plain() ? dense : dense.packed(conv.format(), memory);
    }

    private CpuStorage asX(ConvPlan conv, Conv2dSpec s, CpuStorage x) {
        return reorders.as(conv.layouts().x(), conv.type(), x, s.n(), s.inChannels(), s.h(), s.w());
    }

    private CpuStorage asY(ConvPlan conv, Conv2dSpec s, CpuStorage y) {
        return reorders.as(conv.layouts().y(), conv.type(), y, s.n(), s.outChannels(), s.outH(), s.outW());
    }

    void close() {
        plans.all().forEach(ConvPlan::close);
        adding.all().forEach(plan -> plan.ifPresent(ConvPlan::close));
        formats.close();
    }
}
