import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

/** The closing line that the project's test runner counts, in the words of cargo test. */
class Tally implements Reporter {
  private readonly outcomes = new Map<string, boolean>();

  onTestEnd(test: TestCase, result: TestResult): void {
    // A test that was skipped did not show what it is there to show.
    this.outcomes.set(test.id, result.status === "passed");
  }

  onEnd(result: FullResult): void {
    const passed = [...this.outcomes.values()].filter(Boolean).length;
    const failed = this.outcomes.size - passed;
    const word = result.status === "passed" && failed === 0 ? "ok" : "FAILED";
    process.stdout.write(`\ntest result: ${word}. ${passed} passed; ${failed} failed;\n`);
  }
}

export default Tally;
