import { queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";

export const dashboardQuery = queryOptions({
  queryKey: ["dashboard"],
  queryFn: () => ask(api.GET("/api/dashboard")),
});
