drop table stock_account, discrepancy, receipt_line, receipt, answer, shipment_step, shipment_split, shipment_lot, shipment,
    inbound, lot, area, branch, wholesaler;
