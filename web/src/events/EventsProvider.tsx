import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { meQuery } from "@/app/session";
import { Freshness } from "./freshness";
import { forgetAllProgress, forgetProgress, rememberProgress } from "./progress";
import { EventSocket, type ServerEvent } from "./socket";

interface Events {
  /** False once a connection was lost, until it is back. */
  connected: boolean;
  reconnect: () => void;
}

const EventsContext = createContext<Events>({ connected: true, reconnect: () => undefined });

export function useEvents(): Events {
  return useContext(EventsContext);
}

function socketUrl(): string {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${window.location.host}/ws`;
}

/** Opens the WebSocket while somebody is signed in, and keeps what the page shows as fresh as its events. */
export function EventsProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  const socketRef = useRef<EventSocket | null>(null);

  useEffect(() => {
    const freshness = new Freshness(client);
    const hear = (event: ServerEvent) => {
      if (event.topic === "jobs" && event.id !== null) {
        if (event.kind === "progress") {
          rememberProgress(event.id, event.data);
          return;
        }
        forgetProgress(event.id);
      }
      freshness.event(event);
    };
    const socket = new EventSocket(socketUrl(), {
      event: hear,
      reset: () => {
        forgetAllProgress();
        freshness.reset();
      },
      connected: setConnected,
      // A 401 to this leads to the login page.
      refused: () => void client.invalidateQueries({ queryKey: meQuery.queryKey }),
    });
    socketRef.current = socket;
    socket.open();
    const backOnline = () => socket.open();
    window.addEventListener("online", backOnline);
    return () => {
      window.removeEventListener("online", backOnline);
      socket.close();
      freshness.flush();
    };
  }, [client]);

  const value = useMemo<Events>(() => ({ connected, reconnect: () => socketRef.current?.open() }), [connected]);
  return <EventsContext value={value}>{children}</EventsContext>;
}
