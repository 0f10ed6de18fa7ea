import type { Detection } from '@connscan/model';

/** Episodes that go on, each as its alerts so far tell it. As many as the tables have episodes. */
export type OpenDetections = {
  /** Takes an alert. If it ends its episode, the whole detection is returned, and forgotten here. */
  add(alert: Detection): Detection | undefined;
  /** What has not ended, in the order of its beginning. */
  rest(): Detection[];
};

export function createOpenDetections(): OpenDetections {
  const open = new Map<string, Detection>();
  return {
    add(alert) {
      const before = open.get(alert.id);
      const detection = before ? merge(before, alert) : alert;
      if (alert.alertType === 'end') {
        open.delete(alert.id);
        return detection;
      }
      open.set(alert.id, detection);
      return undefined;
    },
    rest: () => [...open.values()].toSorted((a, b) => a.startedMs - b.startedMs),
  };
}

/** As the aggregator stores it: an end tells an empty window, so what was seen stays that of the fullest alert. */
function merge(before: Detection, alert: Detection): Detection {
  return alert.distinctServices >= before.distinctServices ? alert : { ...alert, ...evidenceOf(before) };
}

function evidenceOf(detection: Detection) {
  const { distinctServices, distinctHosts, distinctPorts, failedServices, slowServices, habitualServices } = detection;
  const { connections, atLeast, topPorts, samples } = detection;
  return {
    ...{ distinctServices, distinctHosts, distinctPorts, failedServices, slowServices, habitualServices },
    ...{ connections, atLeast, topPorts, samples },
  };
}
