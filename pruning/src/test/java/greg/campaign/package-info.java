/**
 * The campaign: mutated files, random kills and long runs, each in a process of its own, so that a crash, a hang or a lack of
 * memory is a finding and not the end. {@code mvn verify} takes a short one of fixed length, {@code mvn -Pcampaign verify} one that
 * lasts as long as it is told; docs/campaign.md says how.
 */
package greg.campaign;
