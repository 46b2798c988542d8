export default function Deliveries(_: Record<string, unknown>) { return null; }
