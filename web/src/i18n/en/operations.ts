// Dashboard, servers, pools, repositories, plans, runs, snapshots, restore.
export const operations = {};
