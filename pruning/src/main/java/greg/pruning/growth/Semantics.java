package greg.pruning.growth;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Whose rules a run follows where the published code and the published text differ.
 *
 * <table>
 * <caption>Differences</caption>
 * <tr><th></th><th>{@link #REFERENCE}</th><th>{@link #PAPER} (Algorithm 1)</th></tr>
 * <tr><td>lambda of GReg-1's kept groups</td><td>0</td><td>- weight decay</td></tr>
 * <tr><td>lambda of GReg-2's released groups</td><td>regGranularityRecover</td><td>- weight decay</td></tr>
 * <tr><td>delta lambda</td><td>one for picking, one for growing</td><td>regGranularityPrune for both</td></tr>
 * <tr><td>pick (GReg-2)</td><td>adds, then picks at lambda &gt;= tau'</td><td>picks at lambda &gt; tau', then adds</td></tr>
 * <tr><td>growth of a layer ends</td><td>at the magnitude ratio limit, or lambda &gt; tau</td><td>lambda &gt; tau</td></tr>
 * <tr><td>what is removed</td><td>the groups chosen or picked</td><td>the smallest L1 scores at the end</td></tr>
 * </table>
 */
public enum Semantics {
    /** The published code, from which the paper's tables come (default). */
    @JsonProperty("reference")
    REFERENCE,
    /** Algorithm 1 of the paper. */
    @JsonProperty("paper")
    PAPER;
}
