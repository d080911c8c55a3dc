/** A view that breaks takes nothing along: what surrounds it stays. */
import { Component, type ReactNode } from "react";

import { t } from "@/text/en";
import { Failure } from "@/ui/Blank";

interface BoundaryProps {
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly error: Error | null;
}

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(error: Error): BoundaryState {
    return { error };
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return (
      <>
        <Failure error={this.state.error} onRetry={() => this.setState({ error: null })} />
        <p style={{ padding: "0 1rem" }}>{t.failure.crash}</p>
      </>
    );
  }
}
