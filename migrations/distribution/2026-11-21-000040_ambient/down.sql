alter table shipment drop constraint shipment_storage_check;
alter table shipment add constraint shipment_storage_check check (storage in ('ultra_cold', 'frozen', 'refrigerated'));
