-- The tables of SuiteQL we know. Dates carry a mark in front (see suiteql.py), so that a bare one prints as a user sees it.
create table item (id integer primary key, itemid text, externalid text, upccode text, displayname text, itemtype text,
                   isinactive text, parent integer, fullname text, lastmodifieddate text);
create table customer (id integer primary key, entityid text, externalid text, email text, subsidiary text, isperson text,
                       firstname text, lastname text, companyname text, altname text, phone text, comments text, taxable text,
                       isinactive text, lastmodifieddate text);
create index customer_email on customer (email);
create index customer_externalid on customer (externalid);
create index customer_modified on customer (lastmodifieddate);
create table contact (id integer primary key, entityid text, externalid text, firstname text, lastname text, email text,
                      phone text, company integer, subsidiary text, isinactive text, lastmodifieddate text);
create index contact_company on contact (company);
create table customeraddressbook (internalid integer primary key, entity integer, label text, defaultbilling text,
                                  defaultshipping text, addressbookaddress integer);
create index customeraddressbook_entity on customeraddressbook (entity);
create table entityaddress (nkey integer primary key, addressee text, attention text, addr1 text, addr2 text, addr3 text,
                            city text, state text, zip text, country text, addrphone text);
create table "transaction" (id integer primary key, type text, recordtype text, tranid text, externalid text, status text,
                            status_cf text, status_df text, entity integer, otherrefnum text, memo text, foreigntotal numeric,
                            foreignamountunpaid numeric, currency integer, trandate text, voided text, shipcarrier text,
                            lastmodifieddate text);
create index transaction_type on "transaction" (type, id);
create index transaction_externalid on "transaction" (externalid);
create index transaction_modified on "transaction" (lastmodifieddate);
create index transaction_entity on "transaction" (entity);
create index transaction_tranid on "transaction" (tranid);
create table transactionline ("transaction" integer, id integer, linesequencenumber integer, item integer, itemtype text,
                              quantity numeric, rate numeric, foreignamount numeric, mainline text, taxline text,
                              location integer, createdfrom integer, iscogs text, kitmemberof integer,
                              isinventoryaffecting text, isclosed text, quantityshiprecv numeric, quantitybilled numeric,
                              quantitypicked numeric, quantitypacked numeric, quantitycommitted numeric, memo text,
                              primary key ("transaction", id));
create index transactionline_createdfrom on transactionline (createdfrom);
create table nexttransactionlink (previousdoc integer, nextdoc integer, linktype text);
create index nexttransactionlink_previous on nexttransactionlink (previousdoc);
create index nexttransactionlink_next on nexttransactionlink (nextdoc);
create table previoustransactionlinelink (previousdoc integer, previousline integer, nextdoc integer, nextline integer,
                                          nexttype text, linktype text, foreignamount numeric);
create index previoustransactionlinelink_previous on previoustransactionlinelink (previousdoc);
create index previoustransactionlinelink_next on previoustransactionlinelink (nextdoc);
create table trackingnumber (id integer primary key, trackingnumber text);
create table trackingnumbermap ("transaction" integer, trackingnumber integer);
create index trackingnumbermap_transaction on trackingnumbermap ("transaction");
create table transactionshipment (id integer primary key, doc integer, shippingmethod integer);
create index transactionshipment_doc on transactionshipment (doc);
create table deletedrecord (type text, recordid integer, name text, deleteddate text);
create index deletedrecord_deleted on deletedrecord (deleteddate);
create table subsidiary (id integer primary key, name text, isinactive text);
create table location (id integer primary key, name text, isinactive text, subsidiary text);
create table currency (id integer primary key, symbol text, name text, isinactive text);
create table account (id integer primary key, fullname text, isinactive text);
create table paymentmethod (id integer primary key, name text, isinactive text);
create table term (id integer primary key, name text, isinactive text);
create table shipitem (id integer primary key, itemid text, isinactive text);
create table department (id integer primary key, name text, isinactive text);
create table classification (id integer primary key, name text, isinactive text);
create table salestaxitem (id integer primary key, itemid text, isinactive text);
create table taxtype (id integer primary key, name text, isinactive text);
create table companyfeaturesetup (id text primary key, name text, isavailable text, isactive text);
-- Stock, which the account shows as inventoryitemlocations, as aggregateitemlocation or as both.
create table stocklevel (item integer, location integer, quantityonhand numeric, quantityavailable numeric,
                         quantitycommitted numeric, quantitybackordered numeric, quantityonorder numeric,
                         quantityintransit numeric, reorderpoint numeric, preferredstocklevel numeric,
                         averagecostmli numeric, lastquantityavailablechange text, primary key (item, location));
create index stocklevel_changed on stocklevel (lastquantityavailablechange);
create table itemmember (parentitem integer, item integer, quantity numeric, memberunit integer);
create index itemmember_parent on itemmember (parentitem);
create table assemblyitemmember (parentitem integer, item integer, quantity numeric, memberunit integer, linenumber integer);
create index assemblyitemmember_parent on assemblyitemmember (parentitem);
create table dual (dummy text);
insert into dual values ('X');
